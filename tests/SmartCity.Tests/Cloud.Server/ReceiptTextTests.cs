using System.Security.Cryptography;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Server.Tolls;
using SmartCity.Cloud.Tolling.Receipts;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>The readable part of receipts is part of their form: what was given out once must be made again to the byte by every later version.</summary>
public sealed class ReceiptTextTests
{
    private const string English = """
        Toll receipt

        Passed: Tuesday 24 November 2026, 06:12:03
        Toll point: THN
        Lane: THN-1-L1
        Vehicle class: car
        Tariff: road/3
        Account: asset:receivable:4711
        Charged before: 1,200,000 rial (120,000 toman)
        Net: 100,000 rial (10,000 toman)
        Tax: 9,005 rial (900.5 toman)
        To pay: 109,005 rial (10,900.5 toman)
        Period: 2
        Kind: Corrected charge
        Charge id: 0123456789abcdef0123456789abcdef

        Keep this file as it is: one changed character makes it invalid. The lines below prove what stands above; anybody checks them with smartcity toll receipt verify, or on the authority's page.


        """;

    private const string Persian = """
        رسید عوارض

        زمان تردد: سه‌شنبه ۳ آذر ۱۴۰۵، ۰۶:۱۲:۰۳
        نقطهٔ عوارضی: THN
        خط: THN-1-L1
        ردهٔ خودرو: car
        تعرفه: road/3
        حساب: asset:receivable:4711
        مبلغ پیشین: ۱٬۲۰۰٬۰۰۰ ریال (۱۲۰٬۰۰۰ تومان)
        مبلغ خالص: ۱۰۰٬۰۰۰ ریال (۱۰٬۰۰۰ تومان)
        مالیات: ۹٬۰۰۵ ریال (۹۰۰٫۵ تومان)
        قابل پرداخت: ۱۰۹٬۰۰۵ ریال (۱۰٬۹۰۰٫۵ تومان)
        دوره: ۲
        نوع: عوارض اصلاح‌شده
        شناسهٔ عوارض: 0123456789abcdef0123456789abcdef

        این فایل را دست‌نخورده نگه دارید؛ تغییر حتی یک نویسه آن را نامعتبر می‌کند. سطرهای زیر درستی متن بالا را ثابت می‌کنند و هر کس می‌تواند آن‌ها را با smartcity toll receipt verify یا در صفحهٔ سازمان بررسی کند.


        """;

    [Fact]
    public void It_reads_as_version_1_has_it_in_each_language()
    {
        var receipt = Receipt();
        Assert.Equal(English.ReplaceLineEndings("\n"), ReceiptText.Of(receipt, Language.English));
        Assert.Equal(Persian.ReplaceLineEndings("\n"), ReceiptText.Of(receipt, Language.Persian));
    }

    [Fact]
    public void A_receipt_with_it_is_valid_and_any_changed_character_of_it_is_found()
    {
        foreach (var language in Language.All)
        {
            var file = ReceiptText.File(Receipt(), language);
            Assert.Equal(ReceiptFault.None, TollReceipt.Check(file, null, ReceiptText.All).Fault);
            var length = ReceiptText.Of(Receipt(), language).Length;
            for (var at = 0; at < length; at++)
                Assert.False(TollReceipt.Check($"{file[..at]}{(char)(file[at] + 1)}{file[(at + 1)..]}", null, ReceiptText.All).IsValid);
        }
    }

    [Fact]
    public void An_amount_of_another_currency_keeps_its_decimals() =>
        Assert.Equal("1,234.5 EUR", MoneyText.Of(123_450, 2, "EUR", Language.English, new LocalText(Language.English, TimeZoneInfo.Utc)));

    private static TollReceipt Receipt()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        KeyValuePair<string, string>[] fields =
        [
            new("charge", "0123456789abcdef0123456789abcdef"), new("ledger", "tolls"), new("period", "2 (2026-11-22/2026-12-21)"), new("batch", "rerated"), new("date", "2026-11-24"), new("time", "2026-11-24T06:12:03+03:30"),
            new("point", "THN"), new("lane", "THN-1-L1"), new("class", "car"), new("tariff", "road/3"), new("payer", "asset:receivable:4711"), new("before", "1200000 IRR"), new("net", "100000 IRR"), new("tax", "9005 IRR"), new("total", "109005 IRR"),
        ];
        var salt = Commitment.Salt(new byte[32], "0123456789abcdef0123456789abcdef");
        var root = Commitment.Leaf(salt, TollReceipt.TextOf(fields));
        return new TollReceipt(fields, salt, 0, key.ExportSubjectPublicKeyInfo(), [], new Checkpoint("tolls/receipts/2-rerated", 1, root, 1_795_485_689).Sign(key));
    }
}
