package ground

// bleak are words that deny something without a word for no: to refuse is not
// to accept. Where one text denies and the other has one of them, both may say
// the same.
var bleak = wordsOf("fail", "refus", "reject", "deny", "miss", "lack", "absent", "empty", "stop", "useless", "unus", "ignor", "skip", "prevent", "avoid", "forbid", "block", "los", "lost", "gon", "disappear", "impossibl", "unabl", "drop", "exclud", "except", "hard", "rar", "seldom", "broken", "dead", "down", "off", "disabl", "unles", "alon", "idl", "unread", "unhealthy", "unknown", "invalid", "illegal", "apart", "otherwis", "els", "instead", "instead of", "rather than", "fre", "rest", "remain", "short", "wrong", "mistak", "error", "out of", "too littl", "too few", "few", "abov", "below", "unchang", "intact", "untouch", "still", "keep", "remov", "delet", "end", "expir", "leav", "neither", "harmless", "saf", "unsaf", "different", "differ", "only", "until", "befor",
	"失败", "拒绝", "停", "停止", "丢", "丢失", "缺", "缺少", "空", "断", "断开", "没了", "失效", "无效", "忽略", "跳过", "避免", "防止", "免得", "免", "难", "少", "例外", "之外", "除", "除了", "除非", "坏", "挂", "误", "白", "废", "闲", "空闲", "不足", "不够", "不通", "不同", "不一致", "错", "错误", "异常", "否则", "漏", "漏了", "禁", "禁止", "关", "关闭", "关掉", "掉", "丢了", "断掉", "完", "仍", "还", "保留", "只", "才", "仅", "只有", "只能", "别处", "其他", "其余", "单点", "未知", "安全", "照常", "直到")

// deniesAlike weighs the clauses of the sentence that deny something where what
// carries them does not, or the reverse.
func (c *comparison) deniesAlike() {
	total := 0.
	for k, pc := range c.pieces {
		b := c.best[k]
		if b < 0 {
			continue
		}
		w := c.weight(pc)
		total += w
		cl := c.p.clauses[b]
		in := span{cl.first, cl.last}
		gr := &c.p.groups[cl.group]
		own, there, wide := denies(c.s, pc), denies(c.p.toks, in), denies(c.p.toks, span{gr.first, gr.last})
		if gr.mistake && cl.first == gr.first && (own > 0) != (there > 0) {
			continue
		}
		if (own > 0) != (wide > 0) {
			c.f[fParityFar] += w
		}
		if (own > 0) == (there > 0) {
			continue
		}
		c.f[fParity] += w
		if (own > 0) == (wide > 0) {
			continue
		}
		c.f[fParityWide] += w
		if own > 0 && !isBleak(c.p.toks, in) || own == 0 && !isBleak(c.s, pc) {
			c.f[fParityBare] += w
		}
	}
	if total > 0 {
		c.f[fParity] /= total
		c.f[fParityWide] /= total
		c.f[fParityFar] /= total
		c.f[fParityBare] /= total
	}
}

// denies counts the denials of a run.
func denies(toks []token, in span) int {
	n := 0
	for i := in.from; i < in.to; i++ {
		if m := toks[i].marks(); m&(markNeg|markNever) != 0 && !toks[i].fenced && toks[i].kind != kindLiteral {
			n++
		}
	}
	return n
}

func isBleak(toks []token, in span) bool {
	for i := in.from; i < in.to; i++ {
		if bleak[toks[i].text] {
			return true
		}
	}
	return false
}
