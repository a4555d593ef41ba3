"""Reports: figures over periods, bundles, read-outs and their pages, from the published copy alone."""
