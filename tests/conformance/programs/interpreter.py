# A Lisp interpreter and a stack machine with a tiny compiler: closures, recursion, dispatch tables, exceptions.
import math, operator as op
class Env(dict):
    def __init__(self, names=(), values=(), outer=None):
        super().__init__(zip(names, values)); self.outer = outer
    def find(self, name):
        env = self
        while env is not None:
            if name in env: return env
            env = env.outer
        raise NameError(f"undefined: {name}")
class Symbol(str): pass
def tokenize(s): return s.replace("(", " ( ").replace(")", " ) ").replace("'", " ' ").split()
def parse(tokens):
    if not tokens: raise SyntaxError("unexpected end")
    t = tokens.pop(0)
    if t == "(":
        out = []
        while tokens and tokens[0] != ")": out.append(parse(tokens))
        if not tokens: raise SyntaxError("missing )")
        tokens.pop(0); return out
    if t == ")": raise SyntaxError("unexpected )")
    if t == "'": return [Symbol("quote"), parse(tokens)]
    for kind in (int, float):
        try: return kind(t)
        except ValueError: pass
    return Symbol(t)
class Procedure:
    def __init__(self, params, body, env): self.params, self.body, self.env = params, body, env
    def __call__(self, *args):
        if len(args) != len(self.params): raise TypeError(f"expected {len(self.params)} arguments, got {len(args)}")
        return evaluate(self.body, Env(self.params, args, self.env))
def evaluate(x, env):
    while True:
        if isinstance(x, Symbol): return env.find(x)[x]
        if not isinstance(x, list): return x
        match x:
            case [Symbol("quote"), e]: return e
            case [Symbol("if"), c, a, *b]: x = a if evaluate(c, env) else (b[0] if b else None); continue
            case [Symbol("define"), [name, *params], body]: env[name] = Procedure(params, body, env); return None
            case [Symbol("define"), name, e]: env[name] = evaluate(e, env); return None
            case [Symbol("set!"), name, e]: env.find(name)[name] = evaluate(e, env); return None
            case [Symbol("lambda"), params, body]: return Procedure(params, body, env)
            case [Symbol("let"), binds, body]: env, x = Env([b[0] for b in binds], [evaluate(b[1], env) for b in binds], env), body; continue
            case [Symbol("begin"), *es, last]:
                for e in es: evaluate(e, env)
                x = last; continue
        f, *args = [evaluate(e, env) for e in x]
        if isinstance(f, Procedure):
            if len(args) != len(f.params): raise TypeError(f"expected {len(f.params)} arguments, got {len(args)}")
            x, env = f.body, Env(f.params, args, f.env); continue
        return f(*args)
G = Env(); G.update({"+": lambda *a: sum(a), "*": lambda *a: math.prod(a), "-": lambda a, *b: a - sum(b) if b else -a, "/": op.truediv, "<": op.lt, "=": op.eq, ">": op.gt, "car": lambda l: l[0], "cdr": lambda l: l[1:], "cons": lambda a, l: [a] + l, "list": lambda *a: list(a), "null?": lambda l: l == [], "sqrt": math.sqrt, "map": lambda f, l: [f(v) for v in l]})
def show(v): return "(" + " ".join(map(show, v)) + ")" if isinstance(v, list) else "#t" if v is True else "#f" if v is False else str(v)
for src in ("(+ 1 2 (* 3 4))", "(define (fact n) (if (< n 2) 1 (* n (fact (- n 1)))))", "(fact 25)", "(define (count n acc) (if (= n 0) acc (count (- n 1) (+ acc 1))))", "(count 5000 0)", "(map (lambda (x) (* x x)) '(1 2 3))", "(define (make) (let ((n 0)) (lambda () (begin (set! n (+ n 1)) n))))", "(define c (make))", "(begin (c) (c) (c))", "(let ((x 2) (y 3)) (* x y))", "(car '())", "(undefined 1)", "(fact 1 2)", "(+ 1", ")", "(/ 1 0)", "(cons 1 (cdr '(a b c)))", "(if (> 1 2) 'yes)", "(sqrt 16)"):
    try: print(src, "=>", show(evaluate(parse(tokenize(src)), G)))
    except Exception as e: print(src, "=>", type(e).__name__, e)
class VM:
    def __init__(self): self.stack, self.vars, self.out, self.pc = [], {}, [], 0
    def run(self, code):
        ops = {n[3:]: getattr(self, n) for n in dir(self) if n.startswith("op_")}
        steps = 0
        while self.pc < len(code):
            name, *args = code[self.pc]; self.pc += 1; steps += 1
            ops[name](*args)
        return steps
    def op_push(self, v): self.stack.append(v)
    def op_load(self, n): self.stack.append(self.vars[n])
    def op_store(self, n): self.vars[n] = self.stack.pop()
    def op_bin(self, o): b, a = self.stack.pop(), self.stack.pop(); self.stack.append({"+": op.add, "-": op.sub, "*": op.mul, "<": op.lt, "%": op.mod}[o](a, b))
    def op_jump(self, t): self.pc = t
    def op_jump_false(self, t):
        if not self.stack.pop(): self.pc = t
    def op_print(self): self.out.append(self.stack.pop())
vm = VM()
code = [("push", 0), ("store", "i"), ("push", 0), ("store", "s"), ("load", "i"), ("push", 3000), ("bin", "<"), ("jump_false", 18), ("load", "s"), ("load", "i"), ("load", "i"), ("bin", "*"), ("bin", "+"), ("store", "s"), ("load", "i"), ("push", 1), ("bin", "+"), ("jump", 20), ("load", "s"), ("jump", 22), ("store", "i"), ("jump", 4), ("print",)]
print(vm.run(code), vm.out, vm.vars)
