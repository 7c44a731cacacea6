package app

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cairn/bot/store/storetest/pgtest"
)

// asCairn makes the test binary behave as the program.
const asCairn = "CAIRN_TEST_AS_CAIRN"

// patience is how long a test waits for what must come. It is there to end a
// test that hangs, not to measure: the machine runs other tests beside.
const patience = 4 * time.Minute

// unhurried are settings for a program whose answers are wanted however slow
// the machine is: the limits that spare people a wait are not what is tested.
var unhurried = []string{"CAIRN_QUESTIONS_TIMEOUT=4m", "CAIRN_WEB_TIMEOUT=4m", "CAIRN_WEB_RATE=-1"}

// withPatience makes the program wait long for a database and a running server
// that answer.
const withPatience = "CAIRN_TEST_PATIENT=1"

func TestMain(m *testing.M) {
	if os.Getenv(asCairn) != "" {
		if os.Getenv("CAIRN_TEST_PATIENT") != "" {
			maxKeep, readyTimeout = time.Minute, time.Minute
		}
		os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(pgtest.Main(m))
}

// A result is what a finished process left.
type result struct {
	code     int
	out, err string
}

// command prepares the program as a process of its own: with nothing of the
// tester's environment but what the test gives, and a home of its own.
func command(ctx context.Context, t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, exe, args...)
	cmd.Env = append([]string{asCairn + "=1", "HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir()}, env...)
	return cmd
}

// cairn runs the program to its end.
func cairn(t *testing.T, args ...string) result {
	t.Helper()
	return cairnWith(t, nil, "", args...)
}

func cairnWith(t *testing.T, env []string, stdin string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := command(ctx, t, env, args...)
	var out, errOut bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errOut
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("cairn %v: %v", args, err)
	}
	return result{cmd.ProcessState.ExitCode(), out.String(), errOut.String()}
}

// shared returns a path below the folder that stands beside the checkout, or
// skips.
func shared(t *testing.T, elem ...string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	path := filepath.Join(append([]string{dir, "..", "shared"}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CAIRN_TEST_ALL") != "" {
			t.Fatalf("CAIRN_TEST_ALL is set and %s is missing", filepath.Join(elem...))
		}
		t.Skipf("needs ../shared/%s beside the checkout", filepath.ToSlash(filepath.Join(elem...)))
	}
	return path
}
