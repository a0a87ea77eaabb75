"""Loops over pairs, unpacking and generators that native code uses up, by several threads, while others change what is walked."""

import threading, gc, sys
def gen(n):
    for i in range(n): yield (i, str(i))
def work(k):
    shared=[(i,str(i)) for i in range(50)]
    for r in range(25):
        d={}
        for a,b in shared: d[a]=b
        for k,v in d.items(): assert str(k)==v
        for i,(a,b) in enumerate(shared): assert a==i
        for x,y in zip(shared, d): assert x[0]==y
        assert sum(a for a,b in gen(40))==780
        assert set(b for a,b in gen(30))=={str(i) for i in range(30)}
        assert any(a>10 for a,b in gen(20)) and all(a<20 for a,b in gen(20))
        assert max(a for a,b in gen(25))==24
        assert list(a for a,b in gen(25))==list(range(25))
        def outer():
            yield from gen(5)
            yield from (x for x in shared[:3])
        assert len(list(outer()))==8
        a,b,c,d2,e=[1,2,3,4,[5]]
        try:
            a,b,c=[1,2]
        except ValueError as ex: assert 'not enough' in str(ex)
        try:
            for p,q in [(1,2),(3,)]: pass
        except ValueError: pass
        async def co(n):
            return n if n<1 else await co(n-1)
        try: co(20).send(None)
        except StopIteration as ex: assert ex.value==0
lst=[(i,i) for i in range(100)]
stop=False
def mutate():
    while not stop:
        lst.append((1,1)); lst.pop(); lst[5]=(5,5); lst.insert(0,(0,0)); del lst[0]
def read():
    for _ in range(120):
        n=0
        for a,b in lst: n+=a
        for x in lst: n+=x[0]
        x=[a for a,b in lst]
        for i,(a,b) in enumerate(lst): n+=b
ts=[threading.Thread(target=work,args=(k,)) for k in range(4)]+[threading.Thread(target=read) for _ in range(3)]
m=[threading.Thread(target=mutate) for _ in range(2)]
for t in ts+m: t.start()
for t in ts: t.join()
stop=True
for t in m: t.join()
print('ok')
