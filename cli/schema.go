package cli

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/godescent/descent/cli/spec"
)

// SchemaName is the file that init --schema writes beside the specification.
const SchemaName = "descent.schema.json"

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of specifications, for editors",
		Long: `Print the JSON Schema of specifications: every key with what it is, what it may be and its
default, for editors that complete and check YAML by one. descent init --schema writes it
beside the specification, whose first line then names it, so that an editor with a YAML
language server finds it without a network.`,
		Example: `  descent schema > ` + SchemaName,
		Args:    atMost(0, "nothing"),
		RunE: func(*cobra.Command, []string) error {
			text, err := spec.JSONSchema(a.tables)
			if err == nil {
				_, err = fmt.Fprintf(a.out, "%s", text)
			}
			return failed(err)
		},
	}
}

// writeSchema writes the schema beside a specification and gives the line that names it.
func (a *app) writeSchema(dir string) (line string, err error) {
	text, err := spec.JSONSchema(a.tables)
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, SchemaName), text, 0o666); err != nil {
		return "", fmt.Errorf("--schema: %w", pathless(err))
	}
	return "# yaml-language-server: $schema=" + SchemaName + "\n", nil
}
