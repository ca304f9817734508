namespace SmartCity.Model.Columns;

/// <summary>Why columns could not be decoded.</summary>
public enum ColumnsError
{
    /// <summary>They were decoded.</summary>
    None,
    /// <summary>They end too early, or a number in them is too long.</summary>
    Truncated,
    /// <summary>A newer program wrote them.</summary>
    UnknownVersion,
    /// <summary>They hold more than the caller accepts.</summary>
    TooMany,
    /// <summary>A value is outside its range.</summary>
    BadValue,
    /// <summary>Bytes are left after the last column.</summary>
    TrailingBytes,
}
