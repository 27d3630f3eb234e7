import sqlite3

base = sqlite3.connect("/work/base")
base.execute("create table t (at text default current_timestamp, id blob default (randomblob(8)), n)")
base.executemany("insert into t (n) values (?)", [(n,) for n in range(3)])
base.commit()
print(base.execute("select at, hex(id), n, random(), julianday('now') from t order by id").fetchall())
