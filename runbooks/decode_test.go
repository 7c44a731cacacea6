package runbooks

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	const mixed = "# 节点 NotReady 怎么排查\r\n先看 kubelet，再看网络。\n"
	const want = "# 节点 NotReady 怎么排查\n先看 kubelet，再看网络。\n"
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(mixed))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name     string
		raw      []byte
		encoding string
		text     string
	}{
		{"utf-8", []byte(mixed), "utf-8", want},
		{"byte order mark", []byte("\ufeff" + mixed), "utf-8", want},
		{"gb18030", gb, "gb18030", want},
		{"utf-16le", utf16Bytes(mixed, binary.LittleEndian, false), "utf-16le", want},
		{"utf-16be with mark", utf16Bytes(mixed, binary.BigEndian, true), "utf-16be", want},
		{"english utf-16", utf16Bytes("plain words\n", binary.LittleEndian, false), "utf-16le", "plain words\n"},
		{"ascii", []byte("a\rb"), "utf-8", "a\nb"},
		{"cut character", []byte(mixed)[:len(mixed)-3], "utf-8", strings.ReplaceAll(want[:len(want)-4], "\r", "") + "\ufffd"},
		{"empty", nil, "utf-8", ""},
		{"terminal colours", []byte("\x1b[31mred\x1b[0m words"), "utf-8", "\x1b[31mred\x1b[0m words"},
	}
	for _, tt := range tests {
		d, err := Parse("a.txt", tt.raw, nil)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if d.Encoding != tt.encoding || d.Text != tt.text {
			t.Errorf("%s: %s %q, want %s %q", tt.name, d.Encoding, d.Text, tt.encoding, tt.text)
		}
		if d.Title == "" || len(d.Hash) != 64 {
			t.Errorf("%s: title %q, hash %q", tt.name, d.Title, d.Hash)
		}
	}
}

func TestRefuse(t *testing.T) {
	t.Parallel()
	noise := make([]byte, 4000)
	for i := range noise {
		noise[i] = byte(i*7919>>3 | 0x80)
	}
	tests := []struct {
		name string
		raw  []byte
		opts *Options
		want error
		text string
	}{
		{"large", make([]byte, 3<<20), &Options{MaxBytes: 1 << 20}, ErrTooLarge, "3.0 MiB, the limit is 1.0 MiB"},
		{"pdf", []byte("%PDF-1.7\n%âãÏÓ\n"), nil, ErrBinary, "a PDF"},
		{"zip", []byte("PK\x03\x04word/document.xml"), nil, ErrBinary, "office document"},
		{"zero bytes", []byte("some text\x00 and more"), nil, ErrBinary, "offset 9"},
		{"control characters", bytes.Repeat([]byte{1, 2, 'a'}, 100), nil, ErrBinary, "control characters"},
		{"noise", noise, nil, ErrEncoding, "UTF-8"},
		{"latin-1", bytes.Repeat([]byte("caf\xe9 na\xefve "), 20), nil, ErrEncoding, "convert it"},
		{"odd utf-16", append([]byte{0xFF, 0xFE}, "abc"...), nil, ErrEncoding, "odd number"},
	}
	for _, tt := range tests {
		d, err := Parse("dir/x.md", tt.raw, tt.opts)
		var pe *ParseError
		if d != nil || !errors.Is(err, tt.want) || !errors.As(err, &pe) {
			t.Errorf("%s: %v, %v; want %v", tt.name, d, err, tt.want)
			continue
		}
		if !strings.Contains(pe.Reason(), tt.text) || strings.Contains(pe.Reason(), "dir/x.md") || !strings.HasPrefix(pe.Error(), "dir/x.md: ") {
			t.Errorf("%s: reason %q, error %q", tt.name, pe.Reason(), pe)
		}
	}
}

func TestLimitsFallBackToPlainText(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("> ", 40) + "deep\n"
	long := strings.Repeat("word ", 100)
	d, err := Parse("a.md", []byte("# T\n\n"+deep+"\n"+long+"\n\n- a\n  - b\n    - c\n      - d\n"), &Options{MaxLine: 200, MaxDepth: 2})
	if err != nil {
		t.Fatal(err)
	}
	check(t, d)
	var all strings.Builder
	for i := range d.Sections {
		for _, b := range d.Sections[i].Blocks {
			all.WriteString(b.Text + "\n")
		}
	}
	for _, want := range []string{"deep", "word word", "a\n", "b\n", "c\n"} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("lost %q in %q", want, all.String())
		}
	}
}

func TestFrontMatter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     Meta
		failed   bool
	}{
		{"full", "---\ntitle: T\nservice: s\ntags: [a, b]\nreviewed: 2026-01-02\nlang: zh-CN\nreferences:\n  - name: n\n    url: https://x.example\nother: {a: 1}\n---\nbody\n",
			Meta{Title: "T", Service: "s", Tags: []string{"a", "b"}, Reviewed: "2026-01-02", Lang: Chinese, References: []Reference{{"n", "https://x.example"}}}, false},
		{"loose types", "---\ntitle: 502\ntags: one\nquestions: what\nalerts:\n  - A\n  - {b: c}\n---\n", Meta{Title: "502", Tags: []string{"one"}, Questions: []string{"what"}, Alerts: []string{"A"}}, false},
		{"other uses of the keys", "---\ntitle: {a: b}\ntags: {x: y}\nlang: [zh]\n---\n", Meta{}, false},
		{"empty", "---\n---\ntext\n", Meta{}, false},
		{"malformed", "---\ntitle: a: {\n some text\nand more: of: it\n---\n# Real\n", Meta{}, true},
		{"a colon in a value", "---\ntitle: Redis: it's full\ntags: [redis, memory\ndraft: true\nquestions:\n  - what now\n# note\n---\n# Real\n",
			Meta{Title: "Redis: it's full", Tags: []string{"redis, memory"}, Questions: []string{"what now"}, Draft: true}, true},
		{"a sign that YAML keeps", "---\ntitle: @oncall guide\nservice: redis\n---\nbody\n", Meta{Title: "@oncall guide", Service: "redis"}, true},
		{"a tab", "---\ntitle: T\n\tlang: zh\n---\nbody\n", Meta{}, true},
		{"prose between rules", "---\nWarning: this: is old.\nRead on.\n---\nbody\n", Meta{}, true},
		{"a rule, no front matter", "---\nJust a sentence, with words.\n---\n", Meta{}, false},
		{"never closed", "---\ntitle: x\n", Meta{}, false},
		{"not at the head", "\n---\ntitle: x\n---\n", Meta{}, false},
	}
	for _, tt := range tests {
		d, err := Parse("a.md", []byte(tt.in), nil)
		if err != nil {
			t.Fatal(err)
		}
		check(t, d)
		got := d.Meta
		if (got.Err != nil) != tt.failed {
			t.Errorf("%s: err %v", tt.name, got.Err)
		}
		got.Span, got.Err = Span{}, nil
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestDetectLang(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Lang{
		"k8s node NotReady 怎么排查":           Chinese,
		"redis OOM 了":                      Chinese,
		"how do I restart the ingress pod": English,
		"502 troubleshooting":              English,
		"nginx 502":                        English,
		"404":                              "",
		"🔥🔥":                               "",
		"":                                 "",
		"the word 节点 stands in this long English sentence about nothing but words": English,
		"節點故障": Chinese,
		"查看 kubectl get pods -A -o wide 的输出": Chinese,
	} {
		if got := DetectLang(text); got != want {
			t.Errorf("DetectLang(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestMarks(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"1、先停": "1、|先停", "1. stop": "1.|stop", "2.停": "2.|停", "（3）停": "（3）|停", "(4) stop": "(4)|stop", "⑤停止": "⑤|停止", "第6步：停": "第6步：|停",
		"第七步 停": "第七步|停", "步骤8. 停": "步骤8.|停", "Step 9: stop": "Step 9:|stop", "1重启系统": "1|重启系统", "一、概述": "一、|概述", "（二）细节": "（二）|细节",
		"1.2 范围": "1.2|范围", "- a": "-|a", "• a": "•|a", "10) a": "10)|a",
		"10.0.0.1 is down": "", "-x flag": "", "3个节点": "", "stepping": "", "1234567": "", "第一天": "", "Steps": "",
	} {
		got := ""
		if m := parseMark(in); m.style != noMark {
			got = m.label + "|" + in[m.size:]
		}
		if got != want {
			t.Errorf("parseMark(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]bool{
		"kubectl get pods -A": true, "systemctl restart nginx": true, "docker ps": true, "redis-cli info memory | grep used": true, "SHOW SLAVE STATUS\\G": true,
		"SELECT * FROM t;": true, "sudo rm -rf /tmp/x": true, "mysql -uroot -p": true, "cat /etc/hosts": true, "FROM nginx:alpine": true,
		"nginx": false, "nginx is down": false, "find the full mount first": false, "docker": false, "make sure it runs": false, "mysql replication lag": false,
		"top of the list": false, "kubectl": false, "": false, "SELECT one of them": false, "echo chamber": false,
	} {
		if got := commandLine(in); got != want {
			t.Errorf("commandLine(%q) = %v, want %v", in, got, want)
		}
	}
}
