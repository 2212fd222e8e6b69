// Package terminal knows the streams a command talks on: which of them are terminals, whether they take colour,
// how wide they are; and how to say something on them. Every command gets its streams from here.
//
// # The rules of the user interface
//
//   - Data goes to stdout: what `| less`, `> file` and `jq` are meant to get, and nothing else.
//   - Warnings, notes, progress and questions go to stderr. Warnings begin with "Warning: "; notes are lower-case
//     and end without a full stop.
//   - A question is asked only where somebody can see it and answer: stdin and stderr are both terminals.
//   - Progress appears on a terminal only, on one line, after a second, and is wiped when it ends or when
//     something else is written to stderr.
//   - Colour is decided stream by stream: `kubectl pss check | less` may still colour its warnings. NO_COLOR,
//     TERM=dumb and --color are honoured, and nothing is said by colour alone.
//   - Text that comes from a cluster or a file is escaped before it is coloured or written. See Escape.
//   - With --quiet nothing is said but errors: the exit code speaks.
package terminal
