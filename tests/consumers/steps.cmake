# What the consumer tests share.
function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

set(flags)
if(SANITIZE)
  set(flags "-fsanitize=${SANITIZE}")
endif()

# Installs into ${BUILD}/installed and moves that to ${prefix}, since a package must not know where it was built.
function(install_moved prefix)
  file(REMOVE_RECURSE ${BUILD}/installed ${prefix})
  run(${CMAKE_COMMAND} --install ${WEIR_BUILD} --prefix ${BUILD}/installed)
  file(RENAME ${BUILD}/installed ${prefix})
endfunction()
