class Thing:
    pass


print(hash("a word"), hash(b"bytes"), hash((1, "two")), hash(None), hash(Thing()))
print({"one", "two", "three", "four", "five", "six"}, id(Thing), Thing(), object())
