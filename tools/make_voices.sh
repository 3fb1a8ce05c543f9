#!/bin/sh
# Makes the demo centre's voices anew: resources/demo/voices/*.wav (16 kHz, mono, 8-bit mu-law).
# Needs espeak-ng (GPL-3.0-or-later; what it speaks is ours) and sox. Usage: tools/make_voices.sh [FOLDER]
set -eu

folder="${1:-$(dirname "$0")/../resources/demo/voices}"
mkdir -p "$folder"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT

# speak NAME VOICE PITCH WORDS_PER_MINUTE SENTENCE
# One second of silence at the end: the file is played in a loop, and people breathe.
speak() {
    espeak-ng -v "$2" -p "$3" -s "$4" -w "$scratch/$1.wav" "$5"
    sox -V1 -R "$scratch/$1.wav" -r 16000 -c 1 -e mu-law "$folder/$1.wav" \
        gain -n -6 silence 1 0.01 0.5% pad 0 1.0
}

speak jane en-gb+f3 55 180 \
    "Hello, this is Jane Doe. I would like to know whether my refill is on its way. I have two tablets left."
speak tom en-gb+m3 40 175 \
    "Good morning, Tom Doe speaking. My wife and I share this number. I am calling about my bill."
speak maria en-gb-x-rp+f4 48 165 \
    "Good day, my name is Maria Nowak. I am the carer of Mister Lindqvist, and I am calling for him."
speak hospital en-us+f2 50 190 \
    "St. Anna Hospital, admissions. I need a coverage check for a few patients. Are you ready for the list?"
speak supplier en-us+m2 35 185 \
    "OxyCare Supplies here. The authorisation for a patient's oxygen has run out. How shall we go on?"
speak insurer en-gb-scotland+m1 45 180 \
    "Helvia Insurance, claims department. We have a question about a shared case, if you have a minute."
speak lena de+f2 60 165 \
    "Guten Tag, hier ist Lena Fischer. Ich möchte gerne meinen Termin verschieben. Geht das?"
speak withheld en-gb+m7 25 160 \
    "Hello. I would rather not say who I am yet. I only want to ask how my data is kept."
speak chen en-us+f5 62 185 \
    "Doctor Chen, nurse line. I am here. Tell me about the patient, and put the call through when you are ready."
speak pharmacy en-gb+f1 45 185 \
    "Pharmacy desk, good morning. Please give me the name of the medicine, and I will look it up."
speak ruiz en-us+m5 48 180 \
    "Ruiz here, team lead. I have a moment. What can I do for you and your caller?"
speak agent en-gb+f5 45 170 \
    "Member line, good morning. May I have your name, please? One moment, I am looking that up for you."
