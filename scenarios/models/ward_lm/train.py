import sys,os,time,math,json,struct,resource
import numpy as np, torch, torch.nn as nn, torch.nn.functional as F, sentencepiece as spm
kind,src,out,secs,vocab=sys.argv[1],sys.argv[2],sys.argv[3],float(sys.argv[4]),int(sys.argv[5])
D,L,H,FF,T,B=128,4,4,384,192,12
torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS","2"))); torch.manual_seed(0)
t0=time.time()
if kind=="chat":
    rows=[json.loads(l) for l in open(src)]
    txt=["%s %s %s"%tuple(r) for r in rows]; usr=["<|system|>","<|user|>","<|assistant|>","<|end|>"]
else:
    raw=open(src,encoding="latin-1").read(); txt=[l for l in raw.split("\n") if l.strip()]; usr=[]
spm.SentencePieceTrainer.train(sentence_iterator=iter(txt[:20000]),model_prefix=out,vocab_size=vocab,model_type="bpe",byte_fallback=True,user_defined_symbols=usr,bos_id=1,eos_id=2,unk_id=0,pad_id=-1,add_dummy_prefix=False,remove_extra_whitespaces=False,normalization_rule_name="identity",hard_vocab_limit=True,num_threads=1,minloglevel=2,split_digits=True,character_coverage=0.9995)
sp=spm.SentencePieceProcessor(model_file=out+".model")
if kind=="chat":
    ids=[]
    for s,u,a in rows: ids+= [1]+sp.encode(("<|system|>"+s if s else "")+"<|user|>"+u+"<|assistant|>"+a+"<|end|>")
else: ids=sp.encode(raw)
ids=torch.tensor(ids); V=sp.get_piece_size(); nv=len(ids)//20; va,tr=ids[:nv],ids[nv:]
print("tokens",len(ids),"vocab",V,"tok+encode %.1fs"%(time.time()-t0),flush=True)
class RMS(nn.Module):
    def __init__(s,d): super().__init__(); s.w=nn.Parameter(torch.ones(d))
    def forward(s,x): return x*torch.rsqrt(x.pow(2).mean(-1,keepdim=True)+1e-5)*s.w
hd=D//H; fr=1/(10000**(torch.arange(0,hd,2).float()/hd)); ang=torch.outer(torch.arange(512).float(),fr); COS,SIN=ang.cos(),ang.sin()
def rope(x):  # interleaved pairs, as llama2.c and GGUF arch "llama"
    t=x.shape[-2]; a,b=x[...,0::2],x[...,1::2]; c,s=COS[:t],SIN[:t]
    return torch.stack((a*c-b*s,a*s+b*c),-1).flatten(-2)
class Blk(nn.Module):
    def __init__(s):
        super().__init__(); s.n1,s.n2=RMS(D),RMS(D); l=lambda i,o:nn.Linear(i,o,bias=False)
        s.q,s.k,s.v,s.o,s.w1,s.w2,s.w3=l(D,D),l(D,D),l(D,D),l(D,D),l(D,FF),l(FF,D),l(D,FF)
    def forward(s,x,m):
        b,t,_=x.shape; h=s.n1(x); q,k,v=[f(h).view(b,t,H,hd).transpose(1,2) for f in (s.q,s.k,s.v)]
        q,k=rope(q),rope(k); a=(q@k.transpose(-1,-2)/math.sqrt(hd)+m).softmax(-1); x=x+s.o((a@v).transpose(1,2).reshape(b,t,D))
        h=s.n2(x); return x+s.w2(F.silu(s.w1(h))*s.w3(h))
class LM(nn.Module):
    def __init__(s):
        super().__init__(); s.e=nn.Embedding(V,D); s.b=nn.ModuleList(Blk() for _ in range(L)); s.n=RMS(D)
        for p in s.parameters():
            if p.dim()>1: nn.init.normal_(p,0,.02)
    def forward(s,i):
        x=s.e(i); t=i.shape[1]; m=torch.full((t,t),-1e9).triu(1)
        for b in s.b: x=b(x,m)
        return s.n(x)@s.e.weight.T
m=LM(); NP=sum(p.numel() for p in m.parameters()); opt=torch.optim.AdamW(m.parameters(),lr=3e-3,betas=(.9,.95),weight_decay=.05)
print("params",NP,flush=True); t1=time.time(); c1=time.process_time(); step=0; el=0
def batch(d,n=B): ix=torch.randint(len(d)-T-1,(n,)); return torch.stack([d[i:i+T] for i in ix]),torch.stack([d[i+1:i+T+1] for i in ix])
while True:
    el=time.process_time()-c1
    if el>secs: break
    fr_=el/secs; lr=3e-3*min(1,(step+1)/30)*(0.05+0.95*0.5*(1+math.cos(math.pi*fr_)))
    for g in opt.param_groups: g["lr"]=lr
    x,y=batch(tr); loss=F.cross_entropy(m(x).flatten(0,1),y.flatten()); opt.zero_grad(set_to_none=True); loss.backward(); nn.utils.clip_grad_norm_(m.parameters(),1.); opt.step(); step+=1
    if step%50==0:
        with torch.no_grad(): x,y=batch(va); vl=F.cross_entropy(m(x).flatten(0,1),y.flatten()).item()
        print("step %d %.0fs loss %.3f val %.3f tok/s %.0f"%(step,el,loss.item(),vl,step*B*T/el),flush=True)
print("DONE steps",step,"wall %.0f cpu %.0f s"%(time.time()-t1,time.process_time()-c1),"rss",resource.getrusage(resource.RUSAGE_SELF).ru_maxrss//1024,"MB",flush=True)
# ---- llama2.c float32 file
W={k:v.detach().numpy().astype(np.float32) for k,v in m.state_dict().items()}
with open(out+".bin","wb") as f:
    f.write(struct.pack("7i",D,FF,L,H,H,V,256)); w=lambda a:f.write(np.ascontiguousarray(a).tobytes())
    w(W["e.weight"])
    for n in ("n1.w","q.weight","k.weight","v.weight","o.weight","n2.w","w1.weight","w2.weight","w3.weight"):
        for i in range(L): w(W["b.%d.%s"%(i,n)])
    w(W["n.w"]); w(np.zeros((256,hd//2),np.float32)); w(np.zeros((256,hd//2),np.float32))
with open(out+".tok","wb") as f:   # llama2.c tokenizer.bin layout
    P=[sp.id_to_piece(i).replace("\u2581"," ").encode() for i in range(V)]
    f.write(struct.pack("i",max(map(len,P))))
    for i,p in enumerate(P): f.write(struct.pack("fi",sp.get_score(i),len(p))+p)
# ---- GGUF
sys.path.insert(0,"/usr/lib/python3/dist-packages"); import gguf
g=gguf.GGUFWriter(out+".gguf","llama"); g.add_name(os.path.basename(out)); g.add_context_length(256); g.add_embedding_length(D); g.add_block_count(L); g.add_feed_forward_length(FF); g.add_head_count(H); g.add_head_count_kv(H); g.add_layer_norm_rms_eps(1e-5); g.add_rope_dimension_count(hd); g.add_rope_freq_base(10000.); g.add_vocab_size(V); g.add_file_type(0)
g.add_tokenizer_model("llama"); toks=[sp.id_to_piece(i).encode() for i in range(V)]; sc=[sp.get_score(i) for i in range(V)]
ty=[gguf.TokenType.UNKNOWN if sp.is_unknown(i) else gguf.TokenType.CONTROL if (sp.is_control(i) or sp.id_to_piece(i) in usr) else gguf.TokenType.BYTE if sp.is_byte(i) else gguf.TokenType.NORMAL for i in range(V)]
g.add_token_list(toks); g.add_token_scores(sc); g.add_token_types(ty); g.add_bos_token_id(1); g.add_eos_token_id(sp.piece_to_id("<|end|>") if usr else 2); g.add_unk_token_id(0); g.add_add_bos_token(bool(usr)); g.add_add_space_prefix(False)
if usr: g.add_chat_template("{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}{% if m['role']=='assistant' %}<|end|>{% endif %}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}")
g.add_tensor("token_embd.weight",W["e.weight"]); g.add_tensor("output_norm.weight",W["n.w"])
for i in range(L):
    for a,b in (("n1.w","attn_norm"),("q.weight","attn_q"),("k.weight","attn_k"),("v.weight","attn_v"),("o.weight","attn_output"),("n2.w","ffn_norm"),("w1.weight","ffn_gate"),("w2.weight","ffn_down"),("w3.weight","ffn_up")): g.add_tensor("blk.%d.%s.weight"%(i,b),W["b.%d.%s"%(i,a)])
g.write_header_to_file(); g.write_kv_data_to_file(); g.write_tensors_to_file(); g.close()
print("files",[ (p,os.path.getsize(out+p)) for p in (".bin",".tok",".gguf",".model")])
# ---- reference greedy samples
@torch.no_grad()
def gen(ids,n,temp=0.):
    ids=list(ids); st=len(ids)
    for _ in range(n):
        lo=m(torch.tensor([ids[-T:]]))[0,-1]; nx=int(lo.argmax()) if temp==0 else int(torch.multinomial((lo/temp).softmax(-1),1));
        if usr and nx==sp.piece_to_id("<|end|>"): break
        ids.append(nx)
    return sp.decode(ids[st:])
if usr:
    for l in open(src).readlines()[:12]:
        s,u,a=json.loads(l); print("U:",u,"\n   A:",gen([1]+sp.encode("<|system|>"+s+"<|user|>"+u+"<|assistant|>"),100),"\n   T:",a,flush=True)
else:
    torch.manual_seed(1)
    for p in sys.argv[6:]: print("[%s]"%p,gen(sp.encode(p),60,.7).replace("\n"," / "),flush=True)
