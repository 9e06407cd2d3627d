package images

import (
	"bufio"
	"fmt"
	"image"
	"image/draw"
	_ "image/jpeg" // registers the formats that can be read
	_ "image/png"
	"io"
	"os"
)

// decodeFile reads the image at path as a row of the schema's shape.
func (s *Schema) decodeFile(path string, maxPixels int64, row []byte) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := s.decode(f, maxPixels, row); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// decode reads an image. Its size is judged by its header, before anything is
// made of it.
func (s *Schema) decode(r io.ReadSeeker, maxPixels int64, row []byte) error {
	w, h, err := sides(r, maxPixels)
	if err != nil {
		return err
	}
	if !s.Resize && (w != s.Width || h != s.Height) {
		return fmt.Errorf("the image is %d pixels wide and %d high, those before it %d and %d; give a height and width that all are brought to", w, h, s.Width, s.Height)
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return err
	}
	m, _, err := image.Decode(bufio.NewReader(r))
	if err != nil {
		return fmt.Errorf("the image is damaged: %w", err)
	}
	if b := m.Bounds(); b.Dx() != w || b.Dy() != h {
		return fmt.Errorf("the image is damaged: its header says %d by %d pixels, it has %d by %d", w, h, b.Dx(), b.Dy())
	}
	p := pixels{w: w, h: h, channels: s.Channels(), data: flatten(m, s.Grey)}
	if s.Fit == Crop {
		p = p.crop(s.Height, s.Width)
	}
	p = p.resize(s.Height, s.Width)
	copy(row, p.data)
	return nil
}

// sides are the width and height that an image's header says.
func sides(r io.Reader, maxPixels int64) (w, h int, err error) {
	c, _, err := image.DecodeConfig(bufio.NewReader(r))
	switch {
	case err == image.ErrFormat:
		return 0, 0, fmt.Errorf("this is no PNG or JPEG image, whatever its name says")
	case err != nil:
		return 0, 0, fmt.Errorf("the image is damaged: %w", err)
	case c.Width < 1 || c.Height < 1:
		return 0, 0, fmt.Errorf("the image has no pixels (%d by %d)", c.Width, c.Height)
	case int64(c.Width) > maxPixels/int64(c.Height):
		return 0, 0, fmt.Errorf("the image is %d by %d pixels; at most %d pixels are read", c.Width, c.Height, maxPixels)
	}
	return c.Width, c.Height, nil
}

// flatten are the pixels of an image over white, row by row: three bytes each, or
// one of its grey, Y = 0.299R + 0.587G + 0.114B as JPEG has it.
func flatten(m image.Image, grey bool) []byte {
	b := m.Bounds()
	if g, ok := m.(*image.Gray); ok && grey && g.Stride == b.Dx() {
		return g.Pix[:b.Dx()*b.Dy()]
	}
	seen := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(seen, seen.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(seen, seen.Bounds(), m, b.Min, draw.Over)
	out := make([]byte, 0, len(seen.Pix)/4*3)
	for p := seen.Pix; len(p) >= 4; p = p[4:] {
		if grey {
			y := 19595*uint32(p[0]) + 38470*uint32(p[1]) + 7471*uint32(p[2]) // shares of 65536
			out = append(out, uint8((y+1<<15)>>16))
			continue
		}
		out = append(out, p[0], p[1], p[2])
	}
	return out
}

// pixels are an image of bytes, channels last.
type pixels struct {
	w, h, channels int
	data           []byte
}

// crop is the largest part in the middle with the proportion of h by w.
func (p pixels) crop(h, w int) pixels {
	// p.w/p.h against w/h, in whole numbers.
	cw, ch := p.w, p.h
	if p.w*h > w*p.h {
		cw = max(1, (p.h*w+h/2)/h)
	} else {
		ch = max(1, (p.w*h+w/2)/w)
	}
	if cw >= p.w && ch >= p.h {
		return p
	}
	cw, ch = min(cw, p.w), min(ch, p.h)
	x, y := (p.w-cw)/2, (p.h-ch)/2
	out := pixels{w: cw, h: ch, channels: p.channels, data: make([]byte, 0, cw*ch*p.channels)}
	for i := range ch {
		from := ((y+i)*p.w + x) * p.channels
		out.data = append(out.data, p.data[from:from+cw*p.channels]...)
	}
	return out
}
