namespace SmartCity.Cloud.Tolling.Plates;

/// <summary>What kind of vehicle a plate stands for. In Iran the letter says it, and one dot more or less makes it another kind.</summary>
public enum PlateCategory : byte
{
    /// <summary>ب ج د س ص ط ق ل م ن و ه ی.</summary>
    Private = 1,
    /// <summary>ت.</summary>
    Taxi = 2,
    /// <summary>ع.</summary>
    PublicTransport = 3,
    /// <summary>ک.</summary>
    Agricultural = 4,
    /// <summary>ژ, drawn as a wheelchair: disabled people and veterans.</summary>
    Disabled = 5,
    /// <summary>گ.</summary>
    TemporaryPassage = 6,
    /// <summary>الف.</summary>
    Government = 7,
    /// <summary>پ.</summary>
    Police = 8,
    /// <summary>ث.</summary>
    RevolutionaryGuards = 9,
    /// <summary>ش.</summary>
    Army = 10,
    /// <summary>ز.</summary>
    DefenceMinistry = 11,
    /// <summary>ف.</summary>
    GeneralStaff = 12,
    /// <summary>D.</summary>
    Diplomatic = 13,
    /// <summary>S, the service of an embassy.</summary>
    Embassy = 14,
    /// <summary>تشریفات.</summary>
    Protocol = 15,
    /// <summary>تاریخی.</summary>
    Historic = 16,
    /// <summary>Eight digits without a letter.</summary>
    Motorcycle = 17,
    /// <summary>The plate that an Iranian car carries abroad; never the same as its domestic one without proof.</summary>
    International = 18,
    /// <summary>Of another country.</summary>
    Foreign = 19,
}
