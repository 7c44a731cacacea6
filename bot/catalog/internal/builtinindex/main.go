package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"cairn/bot/catalog"
	"cairn/runbooks/library"
)

func main() {
	lg := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if err := catalog.GenerateBuiltin(context.Background(), lg, library.FS, "bot/catalog/builtin.generation.zst"); err != nil {
		fmt.Fprintln(os.Stderr, "builtinindex:", err)
		os.Exit(1)
	}
}
