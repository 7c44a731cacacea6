package eval

import (
	"fmt"
	"path/filepath"
	"testing"
)

// TestOpaqueNames asks the Kubernetes pages by names that give nothing away:
// what is found must not rest on what a file is called.
func TestOpaqueNames(t *testing.T) {
	t.Parallel()
	root := shared(t)
	for _, set := range devSets(root) {
		if set.name != "k8s-zh" && set.name != "k8s-en" {
			continue
		}
		texts, names := map[string]string{}, map[string]string{}
		for i, d := range readDocs(t, set.docs) {
			name := fmt.Sprintf("p%04d.md", i)
			texts[name], names[d.Path] = d.Text, name
		}
		ix := index(t, texts)
		for _, file := range set.queries {
			questions, err := ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for i := range questions {
				for j := range questions[i].Gold {
					g := &questions[i].Gold[j]
					g.Doc = names[g.Doc]
				}
			}
			out, err := Run(t.Context(), ix, questions)
			if err != nil {
				t.Fatal(err)
			}
			f := Measure(out)
			t.Logf("%s/%-24s @1 %.3f  @5 %.3f  refused %.3f  sure %.2f right %.3f", set.name, filepath.Base(file), f.Document.Success1, f.Document.Success5, f.Abstain.RefusedAnswerable, f.Bands[0].Share, f.Bands[0].Precision)
			if f.Document.Success1 < 0.8 || f.Document.Success5 < 0.93 {
				t.Errorf("%s/%s: success@1 %.3f and @5 %.3f, want 0.80 and 0.93", set.name, filepath.Base(file), f.Document.Success1, f.Document.Success5)
			}
		}
	}
}
