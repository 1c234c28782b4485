"""Words that say nothing about a case, in the languages customers are asked in."""

STOP_WORDS = {
    "en": """
        a about after again all also an and any are as at be because been before but by can cannot could did do
        does for from get got had has have he her his how i if in into is it its just me more my no not now of
        on one only or our out over she so some than that the their them then there they this to too up us was
        we were what when where which who why will with would you your
    """,
    "de": """
        aber alle als am an auch auf aus bei bin bis da das dass dem den der des die doch du ein eine einem
        einen einer es für hat haben hier ich ihr ihre im in ist ja kann kein keine mehr mein mit nach nicht
        noch nur oder schon sehr sein seit sich sie sind so über um und uns unser von vor war was weil wenn wer
        wie wir wird zu zum zur
    """,
    "nb": """
        alt at av bare ble da de den der det dere deres dette du eller en er et etter for fra før ham han hadde
        har her hun hva hvor ikke ingen jeg kan man med meg men min mitt mot må noe noen nå når og også om opp
        oss på seg sin som så til under ut var ved vi vil vår å
    """,
    "pl": """
        ale bo by być był była było były co czy dla do go i ich ile im jak jako je jego jej jest już każdy kto
        która które który ma mam mi mnie moja mój może my na nad nam nas nasz nie nikt o od on ona oni oraz po
        pod przed przez przy się są ta tak także tam te tego ten to tu tylko tym ty u w we wszystko z za ze że
        żeby
    """,
}
