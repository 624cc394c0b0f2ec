# SPDX-License-Identifier: MIT
"""What is said: the keywords, everything else, and in whose voices."""

KEYWORDS = ("yes", "no", "stop", "go")
LABELS = (*KEYWORDS, "unknown", "silence")
UNKNOWN, SILENCE = LABELS.index("unknown"), LABELS.index("silence")

# How people say them, as text and as espeak-ng's phonemes: Scots and Irish "no" is one vowel, a southern
# British one starts far in front, New Zealand's "yes" is nearly "yis".
PRONUNCIATIONS = {
    "yes": ("yes", "yes", "[[j'es]]", "[[j'E:s]]", "[[j'E@s]]", "[[j'Is]]", "[[j'eIs]]"),
    "no": ("no", "no", "[[n'o:]]", "[[n'@U]]", "[[n'VU]]"),
    "stop": ("stop", "stop", "[[st'A:p]]", "[[st'Op]]", "[[st'op]]"),
    "go": ("go", "go", "[[g'o:]]", "[[g'@U]]", "[[g'VU]]"),
}

# Voices of other languages: the same words with other vowels and consonants. Phonemes that all of them have.
LANGUAGES = "de nl it es sv nb da fi pl cs hu pt-br ro el tr hi fr-fr id cy hr".split()
FOREIGN_PRONUNCIATIONS = {
    "yes": ("[[j'es]]",), "no": ("[[n'o:]]", "[[n'oU]]"), "stop": ("[[st'op]]",), "go": ("[[g'o:]]", "[[g'oU]]"),
}

# Sound like a keyword but are none; "know" is left out, it is the same sound as "no".
SIMILAR = """
    yet yeah yell yep yen jest chess less mess guess dress press ness best west nest test us is his this yesterday
    nope not now new knee near none note nose known nor gnaw low so show row though toe mow woe Joe oh own on
    stomp stock step star store stuff stay steep stab shop top chop drop hop pop slop spot swap stand still start
    goat gold ghost goal gone got guy gay gear girl good goose grow glow crow co-op dough bow bone dog god
""".split()

OTHER = """
    one two three four five six seven eight nine ten zero hundred up down left right forward backward follow learn
    visual tree bird cat house happy Marvin Sheila wow bed red blue green yellow black white on off open close
    light lamp door window water fire air earth sun moon table chair kitchen music play pause next again never always
    hello please thanks sorry maybe what when where who why how because tomorrow today morning evening night
    computer telephone battery sensor motor camera engine pressure temperature weather holiday summer winter
    apple banana orange coffee sugar bread butter cheese mother father sister brother doctor teacher people
    run walk jump sit sing read write speak listen call answer begin finish turn move push pull lift carry
    big small fast slow hot cold dry wet early late easy heavy under over behind between around through
    the and but with from have make take give find think work seven-eleven hey ah um er mm hmm ha uh-huh
""".split()

ACCENTS = ("en-us", "en-gb", "en-gb-scotland", "en-gb-x-gbclan", "en-gb-x-rp", "en-029", "en-us-nyc")

# espeak-ng voice variants (other formants, pitch, voicing); "" is the plain voice.
TRAIN_VARIANTS = ("", *"""
    m1 m2 m4 m5 m6 m7 m8 f1 f2 f3 f5 klatt klatt2 klatt3 klatt5 klatt6 whisper croak
    Alex Alicia Andrea Andy AnxiousAndy Denis Diogo Gene Gene2 Henrique Hugo Jacky Lee Marco Michael Nguyen
    Storm Tweaky adam anika announcer antonio aunty belinda benjamin caleb david edward edward2 fast grandma grandpa
    gustave iven iven2 iven4 john kaukovalta marcelo max michel miguel norbert pablo paul pedro quincy rob robert
    sandro shelby steph steph3 victor
""".split())

# Never heard in training, and neither is their accent's voice with them.
HELD_OUT_VARIANTS = "m3 f4 klatt4 Annie Mario Mike boris ed iven3 linda steph2 travis zac".split()
HELD_OUT_ACCENTS = (*ACCENTS, "en-gb-x-gbcwmd")
