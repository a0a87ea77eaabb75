"""The embedded standard library as an entry of sys.path.

The library stands in the binary, in place of the folder sys._stdlib_dir, which need not exist.
Imports find it through a path hook, as they find zip files, so that files beside a script come first.
"""

import sys
import typhon

_bootstrap = None
_root = typhon.library_root()


def install(bootstrap):
    """Put the hook in front of those of importlib."""
    global _bootstrap
    _bootstrap = bootstrap
    sys.path_hooks.insert(0, LibraryFinder)
    sys.path_hooks.append(_find_in_zip)
    frozen = bootstrap.FrozenImporter
    frozen.get_source = typhon.frozen_source


def _find_in_zip(path):
    """Path hook for zip files; the module is loaded when the first other file stands in sys.path."""
    from zipimport import zipimporter
    return zipimporter(path)


class LibraryFinder:
    """Finds and loads modules of the library in one of its folders."""

    def __init__(self, path):
        if path == _root:
            prefix = ''
        elif path.startswith(_root + '/'):
            prefix = path[len(_root) + 1:] + '/'
            if not typhon.library_has_folder(prefix):
                raise ImportError('not a folder of the library', path=path)
        else:
            raise ImportError('only for the library', path=path)
        self.path = path
        self._prefix = prefix

    def __repr__(self):
        return f'{type(self).__name__}({self.path!r})'

    def find_spec(self, fullname, target=None):
        name = self._prefix + fullname.rpartition('.')[2]
        file = name + '/__init__.py'
        if typhon.library_has(file):
            locations = [f'{_root}/{name}']
        else:
            file = name + '.py'
            if not typhon.library_has(file):
                return None
            locations = None
        spec = _bootstrap.ModuleSpec(fullname, LibraryLoader(fullname, file), origin=f'{_root}/{file}',
                                     is_package=locations is not None)
        if locations is not None:
            spec.submodule_search_locations = locations
        spec._set_fileattr = True
        return spec

    def invalidate_caches(self):
        pass

    def iter_modules(self, prefix=''):
        for name, is_package in typhon.library_modules(self._prefix):
            yield prefix + name, is_package


class LibraryLoader:
    """Loads one module of the library."""

    def __init__(self, name, file):
        self.name = name
        self.path = f'{_root}/{file}'
        self._file = file

    def __eq__(self, other):
        return type(self) is type(other) and self._file == other._file

    def __hash__(self):
        return hash(self._file)

    def _check(self, name):
        if name is not None and name != self.name:
            raise ImportError(f'loader for {self.name} cannot handle {name}', name=name)

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        _bootstrap._call_with_frames_removed(exec, typhon.library_code(self._file), module.__dict__)

    def load_module(self, fullname=None):
        self._check(fullname)
        return _bootstrap._load_module_shim(self, self.name)

    def is_package(self, fullname=None):
        self._check(fullname)
        return self._file.endswith('/__init__.py')

    def get_code(self, fullname=None):
        self._check(fullname)
        return typhon.library_code(self._file)

    def get_source(self, fullname=None):
        self._check(fullname)
        return typhon.library_source(self._file)

    def get_filename(self, fullname=None):
        self._check(fullname)
        return self.path

    def get_data(self, path):
        if path.startswith(_root + '/'):
            data = typhon.library_data(path[len(_root) + 1:])
            if data is not None:
                return data
        with open(path, 'rb') as file:
            return file.read()

    def get_resource_reader(self, fullname):
        from importlib.readers import FileReader
        return FileReader(self)
