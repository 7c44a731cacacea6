package app

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What a server, a library or the system says stays as it is, behind words in
// the reader's language of what failed, with what to do about it.
func TestDoctorSaysInChineseWhatFailed(t *testing.T) {
	t.Parallel()
	library, file, damaged := t.TempDir(), filepath.Join(t.TempDir(), "file"), t.TempDir()
	for name, text := range map[string]string{filepath.Join(library, "a.md"): "# Disk full\n\n1. Look for large files.\n", file: "", filepath.Join(damaged, stateFile): strings.Repeat("no database ", 100)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	go func() { // what is no cairn serve
		for {
			c, err := taken.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	const nobody = "http://127.0.0.1:1"
	for name, tc := range map[string]struct {
		data string
		env  []string
		want map[string]string // by row, how it begins
	}{
		"model": {t.TempDir(), []string{"OPENAI_BASE_URL=" + nobody + "/v1", "CAIRN_LLM_MODEL=m", "CAIRN_LLM_EMBED_MODEL=v", "CAIRN_LLM_RERANK_URL=" + nobody + "/rerank", "CAIRN_LLM_RETRIES=0"},
			map[string]string{"模型": "调用失败：chat with m at", "向量": "调用失败：embed with v at", "重排": "调用失败：rerank at"}},
		"folder": {file, nil, map[string]string{"数据目录": "无法创建：mkdir ", "存储": "创建数据目录 "}},
		"store":  {damaged, nil, map[string]string{"存储": "打开状态数据库失败："}},
		"port":   {t.TempDir(), []string{"CAIRN_LISTEN=" + taken.Addr().String()}, map[string]string{"网页": "无法监听：listen tcp "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := cairnWith(t, append([]string{"CAIRN_LISTEN=127.0.0.1:0"}, tc.env...), "", "doctor", "--lang", "zh", "--library", library, "--data", tc.data)
			if r.code != exitFailed {
				t.Errorf("exit %d, want %d", r.code, exitFailed)
			}
			lines, failed := strings.Split(r.out, "\n"), 0
			for i, line := range lines {
				rest, bad := strings.CutPrefix(line, "异常  ")
				if !bad {
					continue
				}
				failed++
				row, detail, _ := strings.Cut(rest, " ")
				if want := tc.want[row]; want == "" || !strings.HasPrefix(strings.TrimSpace(detail), want) {
					t.Errorf("%s says %q, want it to begin with %q", row, strings.TrimSpace(detail), want)
				}
				if !hasHan(lines[i+1]) || !strings.HasPrefix(lines[i+1], "      ") {
					t.Errorf("%s does not say what to do: %q", row, lines[i+1])
				}
			}
			if failed != len(tc.want) || t.Failed() {
				t.Errorf("%d rows failed, want %d:\n%s%s", failed, len(tc.want), r.out, r.err)
			}
		})
	}
}

// A state database that does not open is said to be that, once, with what is
// wrong with it.
func TestStateThatDoesNotOpenIsSaidOnce(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	if err := os.WriteFile(filepath.Join(data, stateFile), []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[string]string{"en": "cairn: open ", "zh": "cairn: 打开状态数据库失败：open "} {
		r := cairn(t, "data", "export", "--lang", lang, "--data", data)
		if r.code != exitFailed || !strings.HasPrefix(r.err, want) || strings.Count(r.err, "失败") > 1 {
			t.Errorf("%s: exit %d, %q, want it to begin with %q", lang, r.code, r.err, want)
		}
	}
}
