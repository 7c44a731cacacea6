package answer

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const alertPage = `# ExampleQueueStuck

## Meaning

The queue has not moved for ten minutes.

## Impact

Orders wait.

## Diagnosis

Log in to the broker and list what waits there, the oldest first:

` + "```sh\n$ queue-cli list --oldest\n```" + `

A name at the head that stays the same tells which consumer hangs, look at it first.

## Mitigation

Talk to the team that owns the consumer.
`

// What an alert means is not what its reader came for.
func TestMeaningBringsWhatToDo(t *testing.T) {
	t.Parallel()
	d := parse(t, "queue.md", alertPage)
	for name, tc := range map[string]struct {
		question, found  string
		quoted, commands []string
		related          []string
	}{
		"alert name": {"ExampleQueueStuck", "has not moved", []string{"## Meaning", "1", "A name at the head", "## Mitigation"}, []string{"queue-cli list --oldest"}, []string{}},
		"meaning":    {"what is ExampleQueueStuck", "has not moved", []string{"## Meaning"}, nil, []string{}},
		"named part": {"ExampleQueueStuck impact", "Orders wait", []string{"## Impact"}, nil, []string{"ExampleQueueStuck › Diagnosis:11", "ExampleQueueStuck › Mitigation:21"}},
		"an action":  {"queue consumer team", "Talk to the team", []string{"## Mitigation"}, nil, []string{"ExampleQueueStuck › Diagnosis:11"}},
	} {
		a := compose(tc.question, hit(t, d, tc.found))
		var quoted, commands []string
		steps := map[int]int{}
		for _, s := range a.Steps {
			steps[s.Citation] = s.N
			commands = append(commands, s.Commands...)
		}
		for _, c := range a.Citations {
			if n := steps[c.N]; n > 0 {
				quoted = append(quoted, fmt.Sprint(n))
				continue
			}
			line, _, _ := strings.Cut(c.Quote, "\n")
			for _, want := range tc.quoted {
				if strings.HasPrefix(line, want) {
					line = want
				}
			}
			quoted = append(quoted, line)
		}
		if diff := cmp.Diff(tc.quoted, quoted); diff != "" {
			t.Errorf("%s: quotes (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(tc.commands, commands); diff != "" {
			t.Errorf("%s: commands (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(tc.related, relatedTitles(a)); diff != "" {
			t.Errorf("%s: related (-want +got):\n%s", name, diff)
		}
	}
}

// A page with other headings than those of a runbook is left as it is.
func TestNoRolesNoParts(t *testing.T) {
	t.Parallel()
	d := parse(t, "guide.md", "# Guide\n\n## Overview\n\nWhat it is for.\n\n## Install\n\nA.\n\n## Configure\n\nB.\n\n## Upgrade\n\nC.\n\n## Troubleshooting\n\nRestart it.\n")
	if a := compose("guide overview page", hit(t, d, "What it is for")); len(a.Citations) != 1 || len(a.Related) != 0 {
		t.Errorf("got %d citations and related %v, want the passage alone", len(a.Citations), a.Related)
	}
}

func TestWarningsAroundStepsStay(t *testing.T) {
	t.Parallel()
	d := parse(t, "roll.md", "# Roll back\n\nBefore you start, tell ops.\n\n1. Stop it: `kubectl scale deploy/web --replicas=0`\n\nOk.\n\n> **Warning:** never across a migration.\n")
	a := compose("roll back", hit(t, d, "Stop it"))
	var quotes []string
	for _, c := range a.Citations[1:] {
		quotes = append(quotes, c.Quote)
	}
	want := []string{"Before you start, tell ops.", "Ok.\n\n> **Warning:** never across a migration."}
	if diff := cmp.Diff(want, quotes); diff != "" {
		t.Errorf("quotes (-want +got):\n%s", diff)
	}
}
