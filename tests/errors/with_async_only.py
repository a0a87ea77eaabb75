import asyncio

with asyncio.Lock():
    pass
