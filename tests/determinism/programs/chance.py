import random, secrets, tempfile

print(random.random(), random.randint(0, 10**9), random.sample(range(100), 5), random.SystemRandom().random())
print(secrets.token_hex(16), secrets.randbelow(10**12))
print(tempfile.mkdtemp(), tempfile.mkstemp()[1])
