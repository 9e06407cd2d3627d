package optim_test

import (
	"testing"

	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/optim/optimtest"
)

func TestRules(t *testing.T) { optimtest.Test(t, optim.Rules()) }
