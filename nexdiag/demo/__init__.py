"""The main job end to end on an embedded endpoint: record, replay, judge, report; then the founding incident."""
