# os and os.path, in a folder of its own below the temporary folder.
import os
import os.path as p


def show(*codes):
    for code in codes:
        try:
            print(code, "=", repr(eval(code)))
        except Exception as e:
            print(code, "->", type(e).__name__ + ":", str(e).replace(top, "TOP"))


top = p.join(os.environ.get("TMPDIR", "/tmp"), f"conformance-os-{os.getpid()}")
os.mkdir(top)
os.chdir(top)
print(os.getcwd() == p.realpath(top), os.listdir(), os.sep, os.linesep == "\n", os.name, os.curdir, os.pardir, os.pathsep, os.devnull)
os.makedirs("a/b/c")
with open("a/f.txt", "w") as f:
    f.write("hello\n")
with open("a/b/g.bin", "wb") as f:
    f.write(bytes(10))
print(sorted(os.listdir("a")), p.exists("a/f.txt"), p.isfile("a/f.txt"), p.isdir("a"), p.getsize("a/b/g.bin"), os.stat("a/f.txt").st_size, p.islink("a"))
for root, dirs, files in os.walk("a"):
    dirs.sort()
    print(root, dirs, sorted(files))
print(sorted(e.name + ("/" if e.is_dir() else "") for e in os.scandir("a")))
os.rename("a/f.txt", "a/h.txt")
os.replace("a/h.txt", "moved.txt")
print(sorted(os.listdir()), open("moved.txt").read())
os.symlink("moved.txt", "link")
print(os.readlink("link"), p.islink("link"), p.realpath("link") == p.realpath("moved.txt"), p.samefile("link", "moved.txt"))
os.remove("link"); os.unlink("moved.txt"); os.remove("a/b/g.bin"); os.removedirs("a/b/c")
print(os.listdir())
show("os.remove('nope')", "os.mkdir('/')", "os.rmdir('nope')", "os.listdir('nope')", "os.stat('nope')", "os.chdir('nope')", "open('nope')", "os.rename('nope', 'x')", "os.makedirs('.', exist_ok=True)", "os.listdir(5.5)", "os.getenv('NO_SUCH_VAR')", "os.getenv('NO_SUCH_VAR', 'd')", "os.environ['NO_SUCH_VAR']", "'HOME' in os.environ or 'PATH' in os.environ", "os.fspath('x')", "os.fspath(5)", "os.strerror(2)", "type(os.getpid()).__name__", "os.cpu_count() > 0", "os.urandom(4) != os.urandom(4)", "len(os.urandom(8))", "os.fsencode('é')", "os.fsdecode(b'\\xc3\\xa9')", "os.access('.', os.R_OK)", "os.get_terminal_size()[:0] if False else ()")
os.environ["CONF_TEST"] = "value"
print(os.getenv("CONF_TEST"), os.environ.get("CONF_TEST"), os.environ.pop("CONF_TEST"), "CONF_TEST" in os.environ)
print(p.join("a", "b", "/c", "d"), p.join("a", ""), p.split("/a/b/c"), p.splitext("x.tar.gz"), p.splitext(".rc"), p.basename("/a/b/"), p.dirname("/a/b"), p.normpath("a/../b//c/./d"), p.isabs("/x"), p.commonprefix(["/ab", "/ac"]), p.commonpath(["/a/b", "/a/c"]), p.relpath("/a/b", "/a/c"), p.expanduser("x"), p.splitdrive("a"), p.abspath("/a/../b"), p.expandvars("$NO_SUCH_VAR x"))
fd = os.open("raw", os.O_RDWR | os.O_CREAT, 0o600)
print(os.write(fd, b"raw bytes"), os.lseek(fd, 4, os.SEEK_SET), os.read(fd, 100), os.fstat(fd).st_size, oct(os.stat("raw").st_mode))
os.ftruncate(fd, 3)
os.close(fd)
print(open("raw").read())
try:
    os.close(fd)
except OSError as e:
    print(e)
r, w = os.pipe()
os.write(w, b"through the pipe")
os.close(w)
print(os.read(r, 100), os.read(r, 10))
os.close(r)
os.remove("raw")
os.chdir("/")
os.rmdir(top)
print(p.exists(top), os.path is p, str(os.times()).startswith("posix.times_result"))
