"""Runs one of CPython's test modules with every test in several threads at once, as its own runner does when told
`--parallel-threads`: only what its suite marks as unsafe for threads runs in one.

    python tests/cpython/parallel.py THREADS test.NAME

That runner itself is not used, because it wants modules made for CPython alone.
"""

import functools
import sys
import threading
import unittest

from test.libregrtest.parallel_case import ParallelTestCase


# What cannot run in several threads though nothing marks it: by the name of its class or method.
UNMARKED = {
    # They wait for a lock of their module that handlers of signals give back, in the main thread: for ever, in CPython too.
    "ThreadSignals",
    # Closes its descriptors twice, and so those of the other threads, which then read from another's pipe.
    "test_forkinthread",
}


def is_marked(test):
    if type(test).__name__ in UNMARKED or test._testMethodName in UNMARKED:
        return True
    method = getattr(test, test._testMethodName)
    mark = "__unittest_thread_unsafe__"
    return getattr(method, mark, False) or getattr(test, mark, False)


def in_threads(tests, threads):
    suite = unittest.TestSuite()
    for test in tests:
        if isinstance(test, unittest.TestSuite):
            suite.addTest(in_threads(test, threads))
        # What stands for a module that could not be imported has nothing to run.
        elif is_marked(test) or isinstance(test, unittest.loader._FailedTest):
            suite.addTest(test)
        else:
            suite.addTest(parallel_class(type(test))(test, threads))
    return suite


class Case(ParallelTestCase):
    def run(self, result=None):
        # A test may interrupt the main thread, which is not the one it runs in: the main thread only waits.
        runner = threading.Thread(target=super().run, args=(result,))
        runner.start()
        while runner.is_alive():
            try:
                runner.join()
            except KeyboardInterrupt:
                pass


@functools.cache
def parallel_class(of):
    """A class of cases that has set up, once and before, what the class `of` sets up."""
    def clean_up(cls):
        of.doClassCleanups()
        cls.tearDown_exceptions = of.tearDown_exceptions

    return type(of.__qualname__, (Case,), {
        "__module__": of.__module__,
        "__unittest_skip__": getattr(of, "__unittest_skip__", False),
        "setUpClass": of.setUpClass,
        "tearDownClass": of.tearDownClass,
        "doClassCleanups": classmethod(clean_up),
    })


def main():
    threads, name = int(sys.argv[1]), sys.argv[2]
    tests = unittest.defaultTestLoader.loadTestsFromName(name)
    result = unittest.TextTestRunner(verbosity=2).run(in_threads(tests, threads))
    sys.exit(not result.wasSuccessful())


if __name__ == "__main__":
    main()
