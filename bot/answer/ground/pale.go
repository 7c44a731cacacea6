package ground

import "strings"

// paleWords say little by themselves: what they say is said by what stands
// around them.
var paleWords = func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq("report look see find come go goe get make mak take tak keep stay belong point count happen serve serv cover exist act try do doing turn become becom mean show tell say know think consider accept suspect decide decid produce produc provide provid include includ contain use using let leave leav give giv bring hold lie sit stand real whole own certain such alone alon already together later anything everything anyone something rest other same sam way case cas thing kind place plac side sid point reason fact result view under back away out over again further simply really actual exact first second next last itself themselves yourself one other both matter sense work done start_with begin seem appear call name nam form part further along meanwhile remember note mind anything nothing someth somebody someone anybody everybody need cannot can any another two both carry treat arrive reach hand hear put set lot bit next past ever even such_as as_such by_itself by_themselv of_it_own on_it_own at_all of_all no_longer get_to going_to go_on go_to go_with com_from com_to com_back look_for look_at look_behind run_into run_on end_up turn_out turn_up see_to make_sur be_there stay_ther in_plac away_from so_far far instead going gone goe kind_of part_of whoever wherever whenever whatever anyway really plainly simply merely just yet still usual usually normally mostly often") {
		m[strings.ReplaceAll(w, "_", " ")] = true
	}
	for w := range strings.FieldsSeq("看 找 来 去 做 报 说 讲 谈 给 拿 放 搞 弄 算 走 写 完 出 进 到 起 成 用 管 带 跑 敲 头 类 张 先 一般 直接 照常 照样 一起 一个 那个 这个 里面 东西 情况 问题 地方 方面 真正 本身 好处 意义 造成 造成的 引起 工作 事 遍 件 第 还 就 会让 没有意义 其实 没用 大 一 下 一次 一块 一台 一遍 一下 一种 一份 一条 一句 一边 一面 两 两个 三个 几个 多 多少 次数 遍 道 法 拿来 跟着 接着 一直 往往 通常 一般 多半 常见 常常 想 知道 觉得 以为 打算 指望 同样 真的 真正 事先 早就 压根 从没 从来 再也 重新 凭 趁 靠 归 受 算 算是 不算 凡 是否 否 免得 好让 只好 得 该 应当 在这里 里有 有的 样子 谁 人 人家 大家 某 某一 那边 这边 上去 下来 下去 起来 过去 过来 出来 出去 进来 进去 回来 回去") {
		m[w] = true
	}
	return m
}()

func pale(t *token) bool {
	if paleWords[t.text] {
		return true
	}
	if t.kind == kindWord && strings.Contains(t.text, " ") {
		for w := range strings.FieldsSeq(t.text) {
			if !paleWords[w] && !hollow[w] && len(w) > 3 {
				return false
			}
		}
		return true
	}
	return false
}
