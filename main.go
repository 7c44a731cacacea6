// Command cairn answers incident questions with the steps of the team's own
// runbooks, quoted word for word and cited to their lines.
package main

import (
	"os"
	_ "time/tzdata" // schedules need zones on images without a zone database

	"cairn/bot/app"
)

func main() {
	os.Exit(app.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
