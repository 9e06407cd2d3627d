// Package figures redraws what a lecture on gradient descent shows, each picture from
// runs of this code: chapter 7 of Bishop and Bishop's Deep Learning (2024).
package figures
