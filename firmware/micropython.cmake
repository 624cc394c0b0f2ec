# The modules tflm and dsp as user C modules, for a port that builds with CMake, such as ESP32's:
#     make USER_C_MODULES=<folder that holds firmware/>/firmware/micropython.cmake ...
# The same sources and flags as micropython.mk.
set(TORPOR_FIRMWARE ${CMAKE_CURRENT_LIST_DIR})
file(GLOB TORPOR_MODULES CONFIGURE_DEPENDS ${TORPOR_FIRMWARE}/modtflm/*.c)
list(APPEND TORPOR_MODULES ${TORPOR_FIRMWARE}/modtflm.c ${TORPOR_FIRMWARE}/moddsp.c)
file(GLOB TORPOR_KERNELS CONFIGURE_DEPENDS
    ${TORPOR_FIRMWARE}/engine/*.c ${TORPOR_FIRMWARE}/engine/ops/*.c ${TORPOR_FIRMWARE}/dsp/*.c)

add_library(usermod_torpor INTERFACE)
target_sources(usermod_torpor INTERFACE ${TORPOR_MODULES} ${TORPOR_KERNELS})
target_include_directories(usermod_torpor INTERFACE ${TORPOR_FIRMWARE})
target_link_libraries(usermod INTERFACE usermod_torpor)

# For the kernels alone: see micropython.mk.
set_source_files_properties(${TORPOR_KERNELS} PROPERTIES COMPILE_OPTIONS
    "-O2;-ffp-contract=off;-fno-single-precision-constant;-Wno-double-promotion;-Wno-float-conversion")

if(DEFINED ENV{ULAB_DIR})
    include($ENV{ULAB_DIR}/code/micropython.cmake)
endif()
