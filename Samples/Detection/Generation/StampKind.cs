namespace KnDsl.Samples.Detection.Generation;

/// <summary>A category whose objects are photographs among Tux Paint's stamps.</summary>
/// <param name="Id">Its number in the json.</param>
/// <param name="Name">Its name.</param>
/// <param name="Group">The name of the group that it belongs to.</param>
/// <param name="Folders">The folders that its photographs are in, with those in them.</param>
/// <param name="Except">Parts of paths that are left out: drawings, and what shows something else.</param>
/// <param name="HeldOut">
/// Ends of the paths, without extension, of photographs that only evaluation shows. Each of them has kin that training shows: another
/// coin, a second tiger.
/// </param>
internal sealed record StampKind(int Id, string Name, string Group, string[] Folders, string[] Except, string[] HeldOut)
{
    /// <summary>How far it is turned at most, in degrees.</summary>
    public int Turn { get; init; } = 25;

    /// <summary>Whether it may be seen in a mirror.</summary>
    public bool MayBeMirrored { get; init; } = true;

    /// <summary>All of them.</summary>
    public static StampKind[] All { get; } =
    [
        new(1, "bird", "animal", ["animals/birds"], ["/cartoon/"],
            ["/crow", "/duck", "/ostrich", "/penguin", "/rainbow-lorikeet", "/rooster", "/silver-gull"]),
        new(3, "mammal", "animal", ["animals/mammals", "animals/marsupials"],
            ["/cartoon/", "/toys/", "/aquatic/", "/echidna", "/hedgehog"],
            ["/bear", "/camel", "/cow", "/deer", "/donkey", "/gnu-stand", "/lion", "/rabbit", "/rat", "/sheep", "/tiger"]),
        new(4, "flower", "plant", ["plants/flowers"], ["/appooppanthady", "/flower7"],
            ["/bolsom", "/chemparathi", "/flower2", "/flower9", "/yellow-flower"]) { Turn = 180 },
        // Four photographs are from a collection without a free licence, as the changelog of the stamps says.
        new(7, "fruit", "food", ["food/fruit"], ["/cartoon/", "/grapes", "/pineapple", "/sliced_"],
            ["/apple_green", "/apple_red", "/apricot", "/orange", "/strawberry"]) { Turn = 180 },
        new(8, "coin", "thing", ["symbols/money"], ["/00_symbols/"],
            ["us/coins/001penny", "us/coins/025quarter", "euro/coins/020", "euro/coins/100", "canadian/coins/010dime", "/yen050",
                "/yen100"]) { Turn = 180 },
        new(11, "road sign", "street", ["town/roadsigns"], ["/stoplight", "/traffic_cone", "/railroad_crossing"],
            ["/crossroads", "/hospital", "/xing_ped", "/yield"]) { Turn = 15, MayBeMirrored = false },
        new(13, "string instrument", "thing", ["hobbies/music/string"], [], ["/guitar_electric", "/violin"]) { Turn = 180 },
    ];
}
