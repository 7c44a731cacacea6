package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"sort"
	"strings"
)

type event struct {
	Action, Package, Test, Output, ImportPath string
	Elapsed                                   float64
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 64<<20)
	output := map[string][]string{}
	var passed, failed int
	var skipped []string
	failedPackage := map[string]bool{}
	for in.Scan() {
		var e event
		if json.Unmarshal(in.Bytes(), &e) != nil {
			fmt.Println(in.Text())
			continue
		}
		key := e.Package + " " + e.Test
		switch e.Action {
		case "output":
			output[key] = append(output[key], e.Output)
		case "build-output":
			fmt.Print(e.Output)
		case "pass":
			if e.Test != "" {
				passed++
			} else {
				fmt.Printf("ok    %-40s %6.1fs\n", e.Package, e.Elapsed)
			}
			if !crashed(output[key]) {
				delete(output, key)
			}
		case "skip":
			if e.Test != "" {
				skipped = append(skipped, key+": "+reason(output[key]))
			}
			delete(output, key)
		case "fail", "build-fail":
			if e.Test != "" {
				failed++
				fmt.Printf("\n--- FAIL %s\n%s\n", key, strings.Join(output[key], ""))
			} else {
				failedPackage[e.Package+e.ImportPath] = true
				fmt.Printf("FAIL  %s\n%s\n", e.Package, strings.Join(output[key], ""))
				for _, k := range slices.Sorted(maps.Keys(output)) {
					if strings.HasPrefix(k, e.Package+" ") && k != key {
						fmt.Printf("unfinished: %s\n%s\n", k, strings.Join(output[k], ""))
						delete(output, k)
					}
				}
			}
			delete(output, key)
		}
	}
	sort.Strings(skipped)
	if len(skipped) > 0 {
		fmt.Println("\nskipped:")
		for _, s := range skipped {
			fmt.Println("  " + s)
		}
	}
	if failed == 0 {
		failed = len(failedPackage)
	}
	fmt.Printf("\n%d passed, %d failed, %d skipped\n", passed, failed, len(skipped))
	if failed > 0 {
		os.Exit(1)
	}
	if len(skipped) > 0 && os.Getenv("CAIRN_TEST_ALL") != "" {
		fmt.Println("CAIRN_TEST_ALL is set: nothing may be skipped")
		os.Exit(1)
	}
}

// crashed reports whether the process ended within a test's output. `go test`
// puts that to whichever test spoke last, also one that has passed.
func crashed(lines []string) bool {
	return slices.ContainsFunc(lines, func(l string) bool {
		return strings.HasPrefix(l, "panic: ") || strings.HasPrefix(l, "fatal error: ") || strings.HasPrefix(l, "SIGQUIT: ")
	})
}

// reason finds the text that a test gave to Skip in its output.
func reason(lines []string) string {
	for _, l := range lines {
		l = strings.TrimSpace(l)
		if l == "" || strings.HasPrefix(l, "===") || strings.HasPrefix(l, "---") {
			continue
		}
		if _, after, ok := strings.Cut(l, ".go:"); ok {
			if _, text, ok := strings.Cut(after, ": "); ok {
				return text
			}
		}
		return l
	}
	return "no reason given"
}
