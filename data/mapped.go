package data

import "iter"

// Map is a source whose blocks are changed one by one, such as to normalise their
// targets. The change gets a block that it must leave as it is, and gives one of
// as many rows.
func Map(src RowSource, change func(*Set) (*Set, error)) RowSource { return mapped{src, change} }

type mapped struct {
	RowSource
	change func(*Set) (*Set, error)
}

// Blocks implements Source.
func (m mapped) Blocks(size int) iter.Seq2[*Set, error] { return m.BlocksFrom(0, size) }

// BlocksFrom implements RowSource.
func (m mapped) BlocksFrom(row, size int) iter.Seq2[*Set, error] {
	return func(yield func(*Set, error) bool) {
		for block, err := range m.RowSource.BlocksFrom(row, size) {
			if err == nil {
				block, err = m.change(block)
			}
			if !yield(block, err) || err != nil {
				return
			}
		}
	}
}
