"""Documents: what other runs of mlgit wrote: text -> schema -> records."""
