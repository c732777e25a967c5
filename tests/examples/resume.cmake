# Four epochs at once, and two that are resumed for two more by another number of threads, must leave the same bits:
# weights, optimizer slots and the states of the random ops are all in the checkpoint's data file.
function(digits)
  execute_process(COMMAND ${DIGITS} ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${WORK}/at_once ${WORK}/resumed)
digits(--model ${WORK}/at_once --epochs 4 --threads 2)
digits(--model ${WORK}/resumed --epochs 2 --threads 3)
digits(--model ${WORK}/resumed --epochs 4 --threads 1 --resume)

file(GLOB last RELATIVE ${WORK}/at_once ${WORK}/at_once/net-168.*)
list(LENGTH last count)
if(NOT count EQUAL 2)
  message(FATAL_ERROR "no checkpoint of step 168 in ${WORK}/at_once")
endif()
foreach(file ${last})
  file(SHA256 ${WORK}/at_once/${file} wanted)
  file(SHA256 ${WORK}/resumed/${file} got)
  if(NOT wanted STREQUAL got)
    message(FATAL_ERROR "${file} of the resumed training differs from that of the uninterrupted one")
  endif()
endforeach()
