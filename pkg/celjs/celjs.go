// Package celjs writes the CEL of our rules as JavaScript, for engines that run nothing else. Pure.
package celjs
