# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""A few ordinary tables, for clients that were not written for connections."""

TEXT = """
table task "Task"
  @read itil
  @write itil
  sys_class_name sys_class_name(80) read_only
  number string(40) read_only display
  short_description string(160)
  description string(4000)
  active boolean = true
  state integer = 1 | 1: New | 2: Work in Progress | 3: Closed
  priority integer = 4 | 1: 1 - Critical | 2: 2 - High | 3: 3 - Moderate | 4: 4 - Low
  opened_by reference -> sys_user = javascript:gs.getUserID()
  opened_at glide_date_time
  assigned_to reference -> sys_user
  assignment_group reference -> sys_user_group
  comments journal_input(4000)
  work_notes journal_input(4000)

table incident : task "Incident"
  caller_id reference -> sys_user
  category string(40)

table problem : task "Problem"
  known_error boolean
"""
