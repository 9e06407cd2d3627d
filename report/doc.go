// Package report draws: curves with bands, contours and perspective pictures of a
// surface with paths over it, histograms, as PNG and SVG, and a page in HTML that
// turns the surface and follows the paths without anything from outside.
//
// Colours are Okabe and Ito's for what is told apart, and viridis for what is
// measured; both are read with any colour vision, and lines have dashes and bands
// grow lighter, so that they are read in grey as well.
package report
