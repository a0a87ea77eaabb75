"""What sysconfig says about the build. Nothing was installed by a makefile, so there is little to say."""

import sys

_free_threaded = 't' in sys.abiflags
_version = '%d.%d' % sys.version_info[:2]

build_time_vars = {
    'ABIFLAGS': sys.abiflags,
    'AR': 'ar',
    'CC': 'cc',
    'CFLAGS': '',
    'CONFIG_ARGS': '',
    'CXX': 'c++',
    'EXT_SUFFIX': '.typhon-314' + sys.abiflags + '.so',
    'HOST_GNU_TYPE': sys.implementation._multiarch,
    'LDFLAGS': '',
    'LDVERSION': _version + sys.abiflags,
    'LIBDIR': sys.base_prefix + '/lib',
    'MULTIARCH': sys.implementation._multiarch,
    'Py_DEBUG': 0,
    'Py_ENABLE_SHARED': 0,
    'Py_GIL_DISABLED': int(_free_threaded),
    'SHLIB_SUFFIX': '.so',
    'SIZEOF_VOID_P': 8,
    'SOABI': 'typhon-314' + sys.abiflags,
    'VERSION': _version,
    'WITH_DOC_STRINGS': 1,
    'WITH_PYMALLOC': 0,
    'exec_prefix': sys.base_exec_prefix,
    'prefix': sys.base_prefix,
}
