"""What each part of the page says, as plain values; `reports/templates` lays them out."""
