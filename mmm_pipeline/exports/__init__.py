"""What others read elsewhere: tables, workbook, catalogue, run folder."""
