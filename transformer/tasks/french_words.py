"""The words of the task `fr`, English and French side by side. The grammar that uses them: french.py.

Every list mixes the two genders, or the kinds of use, evenly. All French verbs here form their past with "avoir" and
take a direct object in both languages; no word begins with an h, whose elision would have to be learned by heart.
"""

from typing import NamedTuple


class Noun(NamedTuple):
    """A noun in both languages; in French it has a gender."""

    english: str
    french: str
    gender: str  # "m" or "f"
    kind: str  # "animal" or "place"


class Verb(NamedTuple):
    """A verb in the forms that the grammar needs, each as in its example."""

    base: str  # did not cross
    third: str  # crosses
    past: str  # crossed
    participle: str  # a traversé
    present: str  # traverse


class Adjective(NamedTuple):
    """An adjective, in French with a form for each gender."""

    english: str
    m: str
    f: str

    def agree(self, noun: Noun) -> str:
        """Return the French form that agrees with a noun."""
        return self.f if noun.gender == "f" else self.m


ANIMALS = [
    Noun("animal", "animal", "m", "animal"),
    Noun("cow", "vache", "f", "animal"),
    Noun("dog", "chien", "m", "animal"),
    Noun("mouse", "souris", "f", "animal"),
    Noun("horse", "cheval", "m", "animal"),
    Noun("turtle", "tortue", "f", "animal"),
    Noun("bird", "oiseau", "m", "animal"),
    Noun("goat", "chèvre", "f", "animal"),
]
PLACES = [
    Noun("street", "rue", "f", "place"),
    Noun("bridge", "pont", "m", "place"),
    Noun("road", "route", "f", "place"),
    Noun("park", "parc", "m", "place"),
    Noun("square", "place", "f", "place"),
    Noun("path", "chemin", "m", "place"),
    Noun("avenue", "avenue", "f", "place"),
    Noun("tunnel", "tunnel", "m", "place"),
]
NOUNS = {"animal": ANIMALS, "place": PLACES}
REASONS = {  # what only an animal, or only a place, can be; words at the same position are opposites on the page
    "animal": [
        Adjective("tired", "fatigué", "fatiguée"),
        Adjective("hungry", "affamé", "affamée"),
        Adjective("lazy", "paresseux", "paresseuse"),
        Adjective("sick", "malade", "malade"),
        Adjective("scared", "apeuré", "apeurée"),
        Adjective("nervous", "nerveux", "nerveuse"),
    ],
    "place": [
        Adjective("wide", "large", "large"),
        Adjective("long", "long", "longue"),
        Adjective("narrow", "étroit", "étroite"),
        Adjective("dark", "sombre", "sombre"),
        Adjective("muddy", "boueux", "boueuse"),
        Adjective("slippery", "glissant", "glissante"),
    ],
}
ADJECTIVES = {  # what a noun may carry before it in English and behind it in French
    "animal": [
        Adjective("black", "noir", "noire"),
        Adjective("white", "blanc", "blanche"),
        Adjective("brown", "brun", "brune"),
    ],
    "place": [
        Adjective("quiet", "tranquille", "tranquille"),
        Adjective("modern", "moderne", "moderne"),
        Adjective("famous", "célèbre", "célèbre"),
    ],
}
VERBS = {
    "animal": [  # what an animal does to a place
        Verb("cross", "crosses", "crossed", "traversé", "traverse"),
        Verb("like", "likes", "liked", "aimé", "aime"),
        Verb("see", "sees", "saw", "vu", "voit"),
        Verb("avoid", "avoids", "avoided", "évité", "évite"),
        Verb("find", "finds", "found", "trouvé", "trouve"),
        Verb("leave", "leaves", "left", "quitté", "quitte"),
        Verb("choose", "chooses", "chose", "choisi", "choisit"),
        Verb("explore", "explores", "explored", "exploré", "explore"),
    ],
    "place": [  # what a place does to an animal
        Verb("stop", "stops", "stopped", "arrêté", "arrête"),
        Verb("attract", "attracts", "attracted", "attiré", "attire"),
        Verb("frighten", "frightens", "frightened", "effrayé", "effraie"),
        Verb("surprise", "surprises", "surprised", "surpris", "surprend"),
        Verb("disturb", "disturbs", "disturbed", "dérangé", "dérange"),
        Verb("amuse", "amuses", "amused", "amusé", "amuse"),
        Verb("worry", "worries", "worried", "inquiété", "inquiète"),
        Verb("protect", "protects", "protected", "protégé", "protège"),
    ],
}
DEGREES = {"too": "trop", "very": "très", "so": "si", "really": "vraiment", "quite": "assez"}
PRONOUNS = {"m": "il", "f": "elle"}
EMPHATIC = {"m": "lui-même", "f": "elle-même"}
NEGATIONS = {"not": "pas", "never": "jamais"}

SMALL_TALK = {
    "thanks": "merci",
    "thank you": "merci",
    "hello": "bonjour",
    "good evening": "bonsoir",
    "goodbye": "au revoir",
    "yes": "oui",
    "no": "non",
}
PROFESSIONS = {
    "student": "étudiant",
    "teacher": "professeur",
    "doctor": "médecin",
    "baker": "boulanger",
    "singer": "chanteur",
    "painter": "peintre",
}
FOODS = {
    "an apple": "une pomme",
    "an orange": "une orange",
    "a pear": "une poire",
    "a cake": "un gâteau",
    "a melon": "un melon",
    "a lemon": "un citron",
}
MEALS = {"eating": ("mange", "mangeons"), "buying": ("achète", "achetons")}

FAMOUS = "the animal did not cross the street because it was too tired"
FAMOUS_PAIR = ("animal", "street")  # held out of training, so that the famous sentence is news to the model
