import time
def test_t(postgres_houses, tmp_path, at):
    from tests.gate.house import opened
    from troth.model.clock import SetClock
    import shutil
    for i in range(4):
        t=time.time(); folder=tmp_path/f"h{i}"; shutil.copytree(postgres_houses.template, folder); a=time.time()-t
        t=time.time(); stores, drop = postgres_houses.stores(); b=time.time()-t
        t=time.time()
        with opened(folder, SetClock(at), stores) as h:
            c=time.time()-t; t=time.time(); h.admit(); d=time.time()-t; t=time.time()
        e=time.time()-t; t=time.time(); drop(); f=time.time()-t
        print(f"copy {a:.3f} create {b:.3f} open {c:.3f} admit {d:.3f} close {e:.3f} drop {f:.3f}")
