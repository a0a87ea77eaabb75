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
        // The class has a type whatever it says of `__class__`.
        "_py_abc.py",
        &[(
            "        subclass = instance.__class__\n",
            "        subclass = getattr(instance, '__class__', type(instance))\n",
        )],
    ),
    (
        // A timeout means nothing where nobody waits.
        "queue.py",
        &[(
            "        if timeout is not None and timeout < 0:\n            raise ValueError(\"'timeout' must be a non-negative number\")\n        if not self._count.acquire(block, timeout):\n",
            "        if not block:\n            timeout = None\n        elif timeout is not None and timeout < 0:\n            raise ValueError(\"'timeout' must be a non-negative number\")\n        if not self._count.acquire(block, timeout):\n",
        )],
    ),
    (
        "threading.py",
        &[
            // What is no number of seconds is an error, not a question.
            (
                "                if timeout > 0:\n                    gotit = waiter.acquire(True, timeout)\n",
                "                if not timeout <= 0:\n                    gotit = waiter.acquire(True, timeout)\n",
            ),
            // Who starts a thread does not sleep until it runs: it comes back while the other processor begins. Under a GIL
            // programs know it otherwise: the new thread has run for a while then.
            (
                "        self._started.wait()  # Will set ident and native_id\n",
                "        if _sys._is_gil_enabled():\n            self._started.wait()\n        else:\n            self.__begun(self._os_thread_handle.ident)\n\n    def __begun(self, ident):\n        # Called by the new thread and by who started it: the first of them does it.\n        with _active_limbo_lock:\n            if _limbo.pop(self, None) is not None:\n                self._ident = ident\n                _active[ident] = self\n                self._started.set()\n",
            ),
            (
                "            self._set_ident()\n            if _HAVE_THREAD_NATIVE_ID:\n                self._set_native_id()\n            self._set_os_name()\n            self._started.set()\n            with _active_limbo_lock:\n                _active[self._ident] = self\n                del _limbo[self]\n\n            if _trace_hook",
                "            if _HAVE_THREAD_NATIVE_ID:\n                self._set_native_id()\n            self._set_os_name()\n            if not self._started.is_set():\n                self.__begun(get_ident())\n\n            if _trace_hook",
            ),
            (
                "            assert self._initialized, \"Thread.__init__() not called\"\n            return self._native_id\n",
                "            assert self._initialized, \"Thread.__init__() not called\"\n            if self._native_id is None and self._started.is_set():\n                self._native_id = self._os_thread_handle._native_id()\n            return self._native_id\n",
            ),
        ],
    ),
    (
        // Methods of native types name no module.
        "annotationlib.py",
        &[(
            "        if value.__module__ == \"builtins\":\n            return value.__qualname__\n        return f",
            "        if value.__module__ in (None, \"builtins\"):\n            return value.__qualname__\n        return f",
        )],
    ),
    (
        // The interpreter knows the source of what came from no file.
        "linecache.py",
        &[
            (
                "    entry = _interactive_cache.get(code_id, None)\n    if entry is not None and len(entry) != 1:\n        return entry[2]\n    return []\n",
                "    entry = _interactive_cache.get(code_id, None)\n    if entry is not None and len(entry) != 1:\n        return entry[2]\n    text = _registered_source(code)\n    return [line + '\\n' for line in text.splitlines()] if text else []\n",
            ),
            (
                "__all__ = [\"getline\", ",
                "from typhon import registered_source as _registered_source\n\n__all__ = [\"getline\", ",
            ),
        ],
    ),
    (
        // A message may be any object, one without a truth too.
        "traceback.py",
        &[(
            "        msg = self.msg or \"<no detail available>\"\n",
            "        msg = \"<no detail available>\" if self.msg is None or self.msg == '' else self.msg\n",
        )],
    ),
    (
        // A function has at most 65,000 variables.
        "collections/__init__.py",
        &[(
            "    __new__ = eval(code, namespace)\n    __new__.__name__ = '__new__'\n    __new__.__doc__ = f'Create new instance of {typename}({arg_list})'\n    if defaults is not None:\n        __new__.__defaults__ = defaults\n",
            concat!(
                "    if num_fields < 65_000:\n",
                "        __new__ = eval(code, namespace)\n",
                "        if defaults is not None:\n",
                "            __new__.__defaults__ = defaults\n",
                "    else:\n",
                "        def __new__(_cls, /, *args, **kwds):\n",
                "            for name in field_names[len(args):]:\n",
                "                if name in kwds:\n",
                "                    args += kwds.pop(name),\n",
                "                elif name in field_defaults:\n",
                "                    args += field_defaults[name],\n",
                "                else:\n",
                "                    raise TypeError(f'{typename}.__new__() missing required argument: {name!r}')\n",
                "            if kwds or len(args) != num_fields:\n",
                "                raise TypeError(f'{typename}.__new__() takes {num_fields} arguments: {len(args)} given, not expected {list(kwds)!r}')\n",
                "            return tuple_new(_cls, args)\n",
                "    __new__.__name__ = '__new__'\n",
                "    __new__.__doc__ = f'Create new instance of {typename}({arg_list})'\n",
            ),
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
