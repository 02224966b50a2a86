"""CI: events, reports and templates of CI runs, and the decisions after a merge or a tag."""
