package images

// resize brings the image to h by w pixels, one side after the other. A side that
// shrinks takes for each new pixel the mean of the old ones under it, by the share
// of each that it covers; a side that grows goes straight from pixel to pixel,
// whose middles keep their places. Everything is done in whole numbers, so the
// same bytes come out everywhere.
func (p pixels) resize(h, w int) pixels {
	return p.resizeRows(w).turn().resizeRows(h).turn()
}

// tap is a share of an old pixel in a new one.
type tap struct{ from, weight int }

// taps are, for each of m new pixels of a side of n, the old ones in it and their
// weights, which add up to sum.
func taps(n, m int) (all [][]tap, sum int) {
	all = make([][]tap, m)
	if m <= n { // new pixel i covers [i·n, (i+1)·n) of a line of n·m, old pixel j [j·m, (j+1)·m)
		for i := range all {
			for j := i * n / m; j < n && j*m < (i+1)*n; j++ {
				covered := min((j+1)*m, (i+1)*n) - max(j*m, i*n)
				all[i] = append(all[i], tap{j, covered})
			}
		}
		return all, n
	}
	// The middle of new pixel i is at ((2i+1)n − m)/2m among the middles of the old.
	for i := range all {
		at := max(0, (2*i+1)*n-m)
		j, part := at/(2*m), at%(2*m)
		if j >= n-1 {
			j, part = n-1, 0
		}
		all[i] = []tap{{j, 2*m - part}}
		if part > 0 {
			all[i] = append(all[i], tap{j + 1, part})
		}
	}
	return all, 2 * m
}

// resizeRows brings the rows to w pixels.
func (p pixels) resizeRows(w int) pixels {
	if p.w == w {
		return p
	}
	all, sum := taps(p.w, w)
	out := pixels{w: w, h: p.h, channels: p.channels, data: make([]byte, w*p.h*p.channels)}
	to := 0
	for y := range p.h {
		row := p.data[y*p.w*p.channels:]
		for _, pixel := range all {
			for c := range p.channels {
				v := sum / 2
				for _, t := range pixel {
					v += t.weight * int(row[t.from*p.channels+c])
				}
				out.data[to] = uint8(v / sum)
				to++
			}
		}
	}
	return out
}

// turn makes rows of columns.
func (p pixels) turn() pixels {
	out := pixels{w: p.h, h: p.w, channels: p.channels, data: make([]byte, len(p.data))}
	c := p.channels
	for y := range p.h {
		for x := range p.w {
			copy(out.data[(x*p.h+y)*c:][:c], p.data[(y*p.w+x)*c:][:c])
		}
	}
	return out
}
