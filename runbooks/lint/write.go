package lint

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// A Format is a way to print findings.
type Format string

// The formats.
const (
	Text   Format = "text"   // a line each, for people and editors
	JSON   Format = "json"   // one object
	GitHub Format = "github" // annotations of a workflow
)

// A Report is the object that the format JSON prints.
type Report struct {
	Documents int       `json:"documents"`
	Errors    int       `json:"errors"`
	Warnings  int       `json:"warnings"`
	Findings  []Finding `json:"findings"`
}

// Write prints findings about so many documents in the language ("zh",
// everything else is English).
func Write(w io.Writer, format Format, lang string, documents int, fs []Finding) error {
	r := Report{Documents: documents, Findings: fs}
	if r.Findings == nil {
		r.Findings = []Finding{}
	}
	for i := range fs {
		if fs[i].Severity == Error {
			r.Errors++
		} else {
			r.Warnings++
		}
	}
	zh := lang == "zh"
	message := func(f *Finding) string {
		if zh {
			return f.Chinese
		}
		return f.Message
	}
	switch format {
	case JSON:
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		return enc.Encode(r)
	case GitHub:
		for i := range fs {
			f := &fs[i]
			if _, err := fmt.Fprintf(w, "::%s file=%s,line=%d,title=%s::%s\n", f.Severity, property(f.Path), f.Line, property(f.Rule), data(message(f))); err != nil {
				return fmt.Errorf("write findings: %w", err)
			}
		}
		return nil
	case Text, "":
		var sb strings.Builder
		for i := range fs {
			f := &fs[i]
			fmt.Fprintf(&sb, "%s:%d: %s: %s [%s]\n", oneLine(f.Path), f.Line, severity(f.Severity, zh), oneLine(message(f)), f.Rule)
		}
		if zh {
			fmt.Fprintf(&sb, "检查了 %d 篇文档：%d 个错误，%d 个警告\n", r.Documents, r.Errors, r.Warnings)
		} else {
			fmt.Fprintf(&sb, "%s checked: %s, %s\n",
				counted(r.Documents, "document"), counted(r.Errors, "error"), counted(r.Warnings, "warning"))
		}
		if _, err := io.WriteString(w, sb.String()); err != nil {
			return fmt.Errorf("write findings: %w", err)
		}
		return nil
	}
	return fmt.Errorf("format is %q, want text, json or github", format)
}

func severity(s Severity, zh bool) string {
	switch {
	case !zh:
		return string(s)
	case s == Error:
		return "错误"
	default:
		return "警告"
	}
}

func oneLine(s string) string { return strings.NewReplacer("\n", " ", "\r", " ").Replace(s) }

// data and property escape what GitHub reads as its own.
func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func property(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}

// counted is a number with its English noun.
func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
