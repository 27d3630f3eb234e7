import sys

sys.path.pop(0)  # this file has the module's name
import uuid

print(uuid.uuid1(), uuid.uuid4(), uuid.uuid4(), uuid.getnode())
