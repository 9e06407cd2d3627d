package spec

import (
	"fmt"

	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/tensor"
)

// ResNet is nn.ResNet on images.
type ResNet struct {
	Depth    int    `spec:"depth" range:"[1,1e4]" doc:"layers with weights, 6n + 2: 8, 14, 20, 32, 44, 56 or 110"`
	Filters  int    `spec:"filters" range:"[1,1e4]" doc:"of the first stage; the second has twice and the third four times as many"`
	Shortcut string `spec:"shortcut" values:"projection,zeros" doc:"past blocks that change the shape: a convolution of 1×1, or zeros for new channels"`
	Height   int    `spec:"height" range:"[0,1e5]" doc:"of the images, where the data are rows of pixels; 0 is a square"`
	Width    int    `spec:"width" range:"[0,1e5]" doc:"likewise"`
	Channels int    `spec:"channels" range:"[1,1e5]" doc:"numbers of a pixel, where the data are rows of pixels"`
}

// NewResNet has the least depth and the paper's filters.
func NewResNet() *ResNet {
	return &ResNet{Depth: 8, Filters: 16, Shortcut: "projection", Channels: 1}
}

// Defaults implements Fitted.
func (r *ResNet) Defaults(s *Spec) {
	NewCNN().Defaults(s)
	s.Model = r
	s.Epochs = min(s.Epochs, 40)
}

// Layer implements Model.
func (r *ResNet) Layer(in tensor.Shape, out int) (nn.Layer, error) {
	if r.Depth < 8 || (r.Depth-2)%6 != 0 {
		return nil, At("depth", fmt.Errorf("%d layers; a residual network has 6n + 2: 8, 14, 20, 32, 44, 56 or 110", r.Depth))
	}
	h, w, channels, err := picture(in, r.Height, r.Width, r.Channels)
	if err != nil {
		return nil, err
	}
	return nn.ResNet(h, w, channels, r.Depth, r.Filters, r.Shortcut, out)
}

// Title implements Model.
func (r *ResNet) Title(in tensor.Shape, out int) string {
	h, w, n, err := picture(in, r.Height, r.Width, r.Channels)
	if err != nil {
		return "resnet"
	}
	return fmt.Sprintf("resnet %d on %d×%d×%d, filters %d-%d-%d, %d", r.Depth, h, w, n, r.Filters, 2*r.Filters, 4*r.Filters, out)
}
