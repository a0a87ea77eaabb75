//! Small edits to files of the library, whose crate adapted them to another interpreter. Used by the build script.

/// A file, and texts with what replaces them.
pub const EDITS: &[(&str, &[(&str, &str)])] = &[
    (
        "site.py",
        &[
            (
                "    return 'RustPython' # XXX: RUSTPYTHON; for site-packages\n",
                "    return 'Python'\n",
            ),
            (
                "    # XXX: RUSTPYTHON\n    return f'{userbase}/lib/rustpython",
                "    return f'{userbase}/lib/python",
            ),
        ],
    ),
    (
        "sysconfig/__init__.py",
        &[(
            "    return 'RustPython'  # XXX: RUSTPYTHON; For site-packages\n",
            "    return 'Python'\n",
        )],
    ),
    (
        "platform.py",
        &[(
            "\n        # XXX: RUSTPYTHON support\n        if \"RustPython\" in sys_version:\n            name = \"RustPython\"\n        else:\n            name = 'CPython'\n",
            "        name = 'Typhon' if '(typhon ' in sys_version else 'CPython'\n",
        )],
    ),
    (
        "io.py",
        &[
            (
                "# XXX: RUSTPYTHON; FileIO needs host_env, optional without it\ntry:\n    from _io import FileIO\nexcept ImportError:\n    FileIO = None\n",
                "from _io import FileIO\n",
            ),
            (
                "if FileIO is not None:  # XXX: RUSTPYTHON; see the try/except above\n    RawIOBase.register(FileIO)\n",
                "RawIOBase.register(FileIO)\n",
            ),
        ],
    ),
];

/// Names under which the build's variables are looked for, one per variant and machine.
pub const SYSCONFIG_NAMES: &[&str] = &[
    "_sysconfigdata__linux_x86_64-linux-gnu.py",
    "_sysconfigdata_t_linux_x86_64-linux-gnu.py",
    "_sysconfigdata__linux_aarch64-linux-gnu.py",
    "_sysconfigdata_t_linux_aarch64-linux-gnu.py",
];
