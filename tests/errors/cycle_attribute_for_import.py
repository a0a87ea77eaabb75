#: skip
import cycle_attribute_for_import
cycle_attribute_for_import.value
